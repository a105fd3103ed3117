"""The page and the web API. With ``app.py`` the only code that imports gradio."""

from core.ui.page import build_page
from core.ui.server import serve

__all__ = ["build_page", "serve"]
