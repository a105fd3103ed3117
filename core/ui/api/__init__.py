"""The web API for programs: a few endpoints, the same for gradio_client, MCP and plain HTTP.

Hands on ``endpoints``, and what serves them: ``gradio_page.Page`` and ``http_routes``.
"""
