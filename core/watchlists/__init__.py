"""Lists that visitors bring from MyAnimeList and AniList, read and matched with the catalogue.

The other packages take ``read_watchlist`` from ``reader`` and ``match_entries`` from ``matching``.
"""
