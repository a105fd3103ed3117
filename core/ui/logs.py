"""What the process writes to its log: warnings, what happens to the model, and one line of JSON for each request."""

import logging

from ..gates.measures import requests_log


def set_up_logs() -> None:
    """Set up the log of the process, on its standard error."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for name in ("httpx", "httpx2"):  # of gradio and the Hub: one line for every request
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its warnings quote signed addresses; the important ones come as a HubError, too.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it would log the calls of programs
    lines = logging.StreamHandler()
    lines.setFormatter(logging.Formatter("%(message)s"))
    requests_log.addHandler(lines)
    requests_log.propagate = False
