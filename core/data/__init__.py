"""What is on disk, read and checked: titles, ratings, franchises.

The other packages take ``Catalogue``, ``Ratings``, ``Franchises`` and the rating scale.
"""
