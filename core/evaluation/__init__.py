"""How good recommendations are: splits, metrics, baselines, comparisons, reports. Never on the Space.

The scripts take ``compare``, ``recipes``, ``report`` and ``charts``.
"""
