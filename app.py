"""Entry point of the Space: choose a model, build the page, serve it, look for newer models."""

import os
import sys

# Before gradio is imported: no look-ups of other hosts at start.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Before huggingface_hub is imported: it would ask the Hub even if everything is in the cache.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Before pyarrow is imported: so the memory of a replaced model goes back to the system.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
# Before numpy is imported: the products of one visit are small, and threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import core.serving.zero_gpu  # noqa: F401  # has what ZeroGPU looks for when the page is launched
from core.errors import AniSVDError
from core.serving.memory import share_memory_pools
from core.serving.model_source import ModelSource
from core.ui import build_page, rehearse, serve, set_up_logs


def main() -> None:
    """Serve the first model that loads, print which it is, and look for newer ones."""
    set_up_logs()
    share_memory_pools()
    source = ModelSource(os.environ, rehearse)
    print(f"Model: {source.current().source}, version {source.current().revision}")
    source.follow()
    serve(build_page(source.current), source.current, os.environ)


if __name__ == "__main__":
    try:
        main()
    except AniSVDError as error:
        sys.exit(f"The app does not start: {error}")
