"""Entry point of the Space: choose a model, build the page, serve it, follow newer models."""

import logging
import os

# Before gradio is imported: no look-ups of other hosts at start.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Before huggingface_hub is imported: it would ask the Hub even where everything is in the cache.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Before pyarrow is imported: the memory of a model that was replaced goes back to the system.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

from core.serving.model_source import ModelSource
from core.ui import build_page, serve


def main() -> None:
    """Start with the best model there is, and say which."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "httpx2"):  # gradio's and the Hub's
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Its warnings quote signed addresses; what matters of them comes out as a HubError.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    logging.getLogger("mcp").setLevel(logging.ERROR)  # nothing of what programs call is recorded
    source = ModelSource(os.environ)
    print(f"Model: {source.current().source}, version {source.current().revision}")
    source.follow()
    serve(build_page(source.current), source.current)


if __name__ == "__main__":
    main()
