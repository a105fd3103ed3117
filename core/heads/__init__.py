"""From ratings to scores: one head ranks titles, one predicts ratings, one is the textbook's.

The other packages take the configurations and the protocols ``Ranker`` and ``Predicts`` from ``base``.
"""
