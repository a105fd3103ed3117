"""The first HTML of a visit: link preview, styles, and the first list, long before Gradio's scripts are there.

``layer`` completes Gradio's page, ``content`` and ``picture`` make what is added, ``files`` has styles and scripts.
"""
