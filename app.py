"""Entry point of the Space: choose a model, build the page, serve it, look for newer models."""

import logging
import os

# Before gradio is imported: no look-ups of other hosts at start.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Before huggingface_hub is imported: it would ask the Hub even if everything is in the cache.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Before pyarrow is imported: so the memory of a replaced model goes back to the system.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

from core.serving.model_source import ModelSource
from core.ui import build_page, serve


def main() -> None:
    """Serve the first model that loads, print which it is, and look for newer ones."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for name in ("httpx", "httpx2"):  # of gradio and the Hub: one line for every request
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its warnings quote signed addresses; the important ones come as a HubError, too.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    logging.getLogger("mcp").setLevel(logging.ERROR)  # it would log the calls of programs
    source = ModelSource(os.environ)
    print(f"Model: {source.current().source}, version {source.current().revision}")
    source.follow()
    serve(build_page(source.current), source.current)


if __name__ == "__main__":
    main()
