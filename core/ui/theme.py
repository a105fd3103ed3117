"""The colours and fonts of Gradio's own parts. ``assets/styles`` has those of ours."""

import gradio as gr

FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK JP", "sans-serif")


def theme() -> gr.themes.Base:
    """Return the theme. Its fonts are on the visitor's system, so nothing is loaded from another host."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.orange,
        neutral_hue=gr.themes.colors.stone,
        font=[gr.themes.Font(name) for name in FONTS],
        font_mono=[gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")],
        radius_size=gr.themes.sizes.radius_lg,
    )
