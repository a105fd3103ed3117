"""What can be told of a taste or a model: a profile, the meaning of factors, the map, each step of a score.

The other packages take ``profile``, ``meanings``, ``walkthrough``, ``title_map`` and ``regions``.
"""
