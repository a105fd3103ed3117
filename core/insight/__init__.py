"""Explanations of a taste or a model: a profile, the meaning of factors, the map, the steps of a score.

The other packages take ``profile``, ``meanings``, ``walkthrough``, ``title_map``, ``regions`` and ``personas``.
"""
