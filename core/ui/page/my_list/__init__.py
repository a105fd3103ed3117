"""The tab *My list*: what a visitor plans to watch, rated, saw and dropped, and their taste in numbers.

``core.ui.page.tabs`` takes ``my_list``; ``core.ui.page.handlers`` takes ``entries`` and ``numbers``.
"""
