"""The page: the state, the handlers of its events, and the modules that render its parts.

``core.ui`` takes ``build_page`` from ``layout``; the routes take ``Visitor`` and the state.
"""
