"""Tools that prepare a catalogue: names, years, covers and relations from other sources.

Only ``scripts/prepare_catalogue.py`` uses them: ``offline_database`` and ``title_details``.
"""
