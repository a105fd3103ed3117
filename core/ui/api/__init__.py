"""The web API for programs: one table of endpoints, for gradio_client, plain HTTP and MCP.

``core.ui.server`` takes ``endpoints``.
"""
