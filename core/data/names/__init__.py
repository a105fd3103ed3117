"""Names of titles: how search compares them, how well a query spells them, and whether it means one of them.

``core.data.name_search`` builds its index from ``folding``, ``spelling`` and ``odds``.
"""
