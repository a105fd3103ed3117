"""Lists that visitors bring from MyAnimeList and AniList, read and matched with the catalogue.

The other packages take ``read_list`` from ``reader`` and ``recognise`` from ``matching``.
"""
