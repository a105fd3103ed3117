"""Watchlists that visitors bring from MyAnimeList and AniList.

``reader.read_watchlist`` parses a file or text; ``matching.match_entries`` finds its titles in the catalogue.
"""
