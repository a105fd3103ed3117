"""The page and the web API. With ``app.py`` the only code that imports gradio.

``app.py`` takes ``build_page`` and ``serve``.
"""

from .page.layout import build_page
from .server import serve

__all__ = ["build_page", "serve"]
