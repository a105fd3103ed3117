"""The page and the web API. With ``app.py`` the only code that imports gradio.

``app.py`` takes ``build_page``, ``rehearse``, ``serve`` and ``set_up_logs``.
"""

from .logs import set_up_logs
from .page.layout import build_page
from .rehearsal import rehearse
from .server import serve

__all__ = ["build_page", "rehearse", "serve", "set_up_logs"]
