"""Routes beside Gradio's: files to download, lists to bring, the map, the code.

``core.ui.server`` takes one function a module, which makes the routes.
"""
