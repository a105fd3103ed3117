"""Mathematics without anime: sparse matrices, the truncated SVD, factor analysis, t-SNE.

The other packages take ``truncated_svd``, ``FactorAnalysis``, ``tsne`` and the helpers for sparse matrices.
"""
