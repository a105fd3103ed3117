"""The details that open below a card of the list.

`core.ui.page.handlers` takes ``details`` from ``panel``, and ``rank_without`` from ``reasons``.
"""
