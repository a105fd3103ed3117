"""Search for better settings: what can be varied, and a study that can be resumed.

``scripts/tune.py`` uses ``SEARCH_SPACES``, ``tune`` and ``draw_study``.
"""
