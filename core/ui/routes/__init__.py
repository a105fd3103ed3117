"""Routes beside Gradio's: files to download, watchlists to upload, the map, the code.

Each module has one function that returns its routes; ``core.ui.server`` calls them.
"""
