"""The page: its state, its parts, and what happens when a visitor changes something.

``core.ui`` takes ``build_page`` from ``layout``; the routes take the state and its answer.
"""
