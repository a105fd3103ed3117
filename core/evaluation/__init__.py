"""How good recommendations are: splits, metrics, peers, comparisons, simulations and reports. Not shipped to the Space.

The scripts use ``compare``, ``RECIPES``, ``simulate``, ``compare_lists``, ``report`` and ``charts``.
"""
