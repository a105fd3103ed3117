"""Entry point of the Space: choose a model, build the page, serve it."""

import logging
import os

# Before gradio is imported: no look-ups of other hosts at start.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from core.source import choose_model
from core.ui import build_page, serve


def main() -> None:
    """Start with the best model there is, and say which."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    served = choose_model(os.environ)
    print(f"Model: {served.source}, version {served.revision}")
    serve(build_page(lambda: served), lambda: served)


if __name__ == "__main__":
    main()
