"""Measure speed and memory on this machine, beside the budgets.

python scripts/benchmark.py --ratings rating.csv --anime anime.csv [--titles titles.csv] [--only svd answers …]

Times are medians. What is compared is timed in turns: machines are noisy, ratios less so.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # before numpy is loaded: answers take one thread
    os.environ.setdefault(variable, "1")

import argparse
import contextlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from _shared import add_data_arguments, read_data, run
from scipy import sparse
from scipy.sparse.linalg import svds

from core import Model
from core.numerics.truncated_svd import truncated_svd

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = ROOT / "core" / "bundled"
EMPTY_APP = """
import gradio as gr
with gr.Blocks() as page:
    gr.Markdown("empty")
    def echo(x: int) -> int:
        return x
    gr.api(echo, api_name="echo")
page.launch(ssr_mode=False)
"""
# Taps a star of a title on the wall, and returns the milliseconds until the cards belong to the new ratings.
TAP = """async index => {
    const link = () => document.querySelector("#results [data-link]").dataset.link;
    const before = link(), started = performance.now();
    document.querySelectorAll("#wall li")[index].querySelector("[data-value='8']").click();
    while (link() === before) await new Promise(requestAnimationFrame);
    return performance.now() - started;
}"""
MEGABYTE = 2**20
Row = tuple[str, str, str]  # what is measured, the figure and the budget


def main() -> None:
    """Run the chosen benchmarks and print a table."""
    benchmarks: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
        "training": training, "svd": svd, "answers": answers, "sizes": sizes, "app": app, "page": page,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description="Measure speed and memory beside the budgets.")
    add_data_arguments(parser)
    parser.add_argument("--only", nargs="+", choices=benchmarks, default=list(benchmarks), help="default: all")
    arguments = parser.parse_args()
    print("| what | measured | budget |\n|---|---|---|")
    for name in arguments.only:
        for row in benchmarks[name](arguments):
            print(f"| {' | '.join(row)} |", flush=True)


def training(arguments: argparse.Namespace) -> Iterator[Row]:
    """Measure training from files to a model folder, in a process of its own with all threads."""
    all_threads = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        files = ["--ratings", *arguments.ratings, "--anime", arguments.anime, "--out", f"{folder}/model"]
        files += ["--titles", arguments.titles] if arguments.titles else []
        started = time.perf_counter()
        command = [sys.executable, ROOT / "scripts/train.py", *files]
        subprocess.run(command, check=True, env=all_threads, capture_output=True)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    yield "training, files to artefact", f"{seconds:.1f} s", "15 s"
    yield "peak memory of training", f"{peak / MEGABYTE:.0f} MB", "1,024 MB"


def svd(arguments: argparse.Namespace) -> Iterator[Row]:
    """Compare block Lanczos with ARPACK, at equal residuals."""
    matrix = read_data(arguments).matrix
    lengths = np.sqrt(np.diff(matrix.indptr))
    data = np.repeat(1 / lengths, np.diff(matrix.indptr))
    watched = sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    def residual(v: np.ndarray, sigma: np.ndarray) -> float:
        return float(np.linalg.norm(watched.T @ (watched @ v) - v * sigma**2, axis=0).max() / sigma.max() ** 2)

    for k, repeats in ((20, 5), (128, 3), (512, 1)):
        lanczos_seconds, arpack_seconds = [], []
        for _ in range(repeats):
            started = time.perf_counter()
            lanczos = truncated_svd(watched, k)
            lanczos_seconds.append(time.perf_counter() - started)
            started = time.perf_counter()
            _, sigma, vt = svds(watched, k)
            arpack_seconds.append(time.perf_counter() - started)
        residuals = f"residuals {residual(lanczos.v, lanczos.singular_values):.0e} and {residual(vt.T, sigma):.0e}"
        ratio = median(arpack_seconds) / median(lanczos_seconds)
        yield f"SVD, k = {k}: time of svds / ours", f"{ratio:.2f} ({residuals})", "more than 1"


def answers(arguments: argparse.Namespace) -> Iterator[Row]:
    """Measure folding in ten ratings, scoring all titles, and listing ten with predictions and reasons."""
    model = Model.load(BUNDLED)
    random = np.random.default_rng(0)
    popular = model.item_ids[np.argsort(-model.catalogue.members)[:1000]]
    milliseconds = []
    for repeat in range(1200):
        chosen = random.choice(popular, 10, replace=False).tolist()
        history = dict(zip(chosen, random.integers(1, 11, 10).tolist(), strict=True))
        started = time.perf_counter()
        model.recommend(model.fold_in(history), k=10)
        if repeat >= 200:
            milliseconds.append(1000 * (time.perf_counter() - started))
    p50, p99 = np.percentile(milliseconds, [50, 99])
    yield "fold-in and recommend, 10 ratings, one thread", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms", "2 ms, 6 ms"


def sizes(arguments: argparse.Namespace) -> Iterator[Row]:
    """Measure the bundled model on disk."""
    sizes = {path.name: path.stat().st_size / MEGABYTE for path in BUNDLED.iterdir()}
    yield "bundled model", f"{sum(sizes.values()):.1f} MB", "15 MB"
    yield "of it for a first answer", f"{sum(sizes.values()) - sizes['users.safetensors']:.1f} MB", "12 MB"


def app(arguments: argparse.Namespace) -> Iterator[Row]:
    """Compare the page with an empty Gradio app: start, memory, and the time of an endpoint."""
    from gradio_client import Client

    programs = {"ours": ["app.py"], "empty": ["-c", EMPTY_APP]}
    calls = {"ours": ("/recommend", {"5114": 10, "9253": 9}), "empty": ("/echo", 1)}
    starts: dict[str, list[float]] = {name: [] for name in programs}
    memory: dict[str, list[float]] = {name: [] for name in programs}
    milliseconds: dict[str, list[float]] = {name: [] for name in programs}
    page_size = 0
    for _ in range(3):
        with contextlib.ExitStack() as stack:
            servers = {name: stack.enter_context(_running(*program)) for name, program in programs.items()}
            clients = {name: Client(server.url, verbose=False) for name, server in servers.items()}
            page_size = len(urllib.request.urlopen(servers["ours"].url).read())  # noqa: S310
            for name, server in servers.items():
                starts[name].append(server.seconds)
                memory[name].append(_resident(server.pid))
            for _ in range(60):
                for name, (endpoint, argument) in calls.items():
                    started = time.perf_counter()
                    clients[name].predict(argument, api_name=endpoint)
                    milliseconds[name].append(1000 * (time.perf_counter() - started))
    ratio = median(starts["ours"]) / median(starts["empty"])
    yield "start to first 200 / empty Gradio app", f"{ratio:.2f} ({median(starts['ours']):.1f} s)", "1.3"
    yield "memory beyond an empty Gradio app", f"{median(memory['ours']) - median(memory['empty']):.0f} MB", "100 MB"
    yield "first page", f"{page_size / 1000:.0f} kB", "150 kB"
    ratio = median(milliseconds["ours"]) / median(milliseconds["empty"])
    yield "/recommend / an endpoint that does nothing", f"{ratio:.2f} ({median(milliseconds['ours']):.0f} ms)", "1.3"


def page(arguments: argparse.Namespace) -> Iterator[Row]:
    """Measure the time from a tap on a star to new cards in Chromium, and the memory after the visit."""
    from playwright.sync_api import sync_playwright

    with _running("app.py") as ours, _running("-c", EMPTY_APP) as empty, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        visitor = browser.new_page(viewport={"width": 390, "height": 844})
        visitor.route("https://**", lambda route: route.abort())
        visitor.goto(ours.url)
        visitor.locator("#results .card[data-id]").first.wait_for()
        milliseconds = [float(visitor.evaluate(TAP, tap % 6)) for tap in range(40)]
        browser.close()
        memory = _resident(ours.pid) - _resident(empty.pid)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    yield "a rating to new cards, in the browser", f"median {p50:.0f} ms, p95 {p95:.0f} ms", "150 ms"
    yield "memory beyond an empty Gradio app, after a visit", f"{memory:.0f} MB", "-"


class Server(NamedTuple):
    """A running server: its address, the seconds until it answered, and its process id."""

    url: str
    seconds: float
    pid: int


@contextlib.contextmanager
def _running(*command: str) -> Iterator[Server]:
    """Run a server on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    url, started = f"http://127.0.0.1:{port}", time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() - started < 120:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url).close()
                break
            time.sleep(0.02)
        yield Server(url, time.perf_counter() - started, process.pid)
    finally:
        process.terminate()
        process.wait()


def _resident(pid: int) -> float:
    """Return the memory of a process in MB (on Linux, else 0)."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    run(main)
