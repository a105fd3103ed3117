"""Measure speed and memory against the budgets, on this machine.

python scripts/benchmark.py --ratings rating.csv --anime anime.csv [--titles titles.csv] [--only svd answers …]

Times are medians, taken in turns with what they are compared with: machines are noisy, ratios less so.
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
# Taps a star of one place of the wall; the milliseconds until the cards belong to the new ratings.
TAP = """async place => {
    const link = () => document.querySelector("#results [data-link]").dataset.link;
    const before = link(), started = performance.now();
    document.querySelectorAll("#wall li")[place].querySelector("[data-value='8']").click();
    while (link() === before) await new Promise(requestAnimationFrame);
    return performance.now() - started;
}"""
MEGABYTE = 2**20


def main() -> None:
    """Run the chosen benchmarks and print a table."""
    benchmarks: dict[str, Callable[[argparse.Namespace], Iterator[tuple[str, str, str]]]] = {
        "training": training, "svd": svd, "answers": answers, "sizes": sizes, "app": app, "page": page,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description="Measure speed and memory against the budgets.")
    add_data_arguments(parser)
    parser.add_argument("--only", nargs="+", choices=benchmarks, default=list(benchmarks), help="default: all")
    arguments = parser.parse_args()
    print("| what | measured | budget |\n|---|---|---|")
    for name in arguments.only:
        for what, measured, budget in benchmarks[name](arguments):
            print(f"| {what} | {measured} | {budget} |", flush=True)


def training(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """Files to artefact, in a process of its own with all threads."""
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        files = ["--ratings", arguments.ratings, "--anime", arguments.anime, "--out", f"{folder}/model"]
        files += ["--titles", arguments.titles] if arguments.titles else []
        started = time.perf_counter()
        subprocess.run([sys.executable, ROOT / "scripts/train.py", *files], check=True, env=free, capture_output=True)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    yield "training, files to artefact", f"{seconds:.1f} s", "15 s"
    yield "peak memory of training", f"{peak / MEGABYTE:.0f} MB", "1,024 MB"


def svd(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """Block Lanczos against ARPACK, to equal residuals."""
    matrix = read_data(arguments).matrix
    lengths = np.sqrt(np.diff(matrix.indptr))
    data = np.repeat(1 / lengths, np.diff(matrix.indptr))
    watched = sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    def residual(v: np.ndarray, sigma: np.ndarray) -> float:
        return float(np.linalg.norm(watched.T @ (watched @ v) - v * sigma**2, axis=0).max() / sigma.max() ** 2)

    for k, repeats in ((20, 5), (128, 3), (512, 1)):
        ours, theirs = [], []
        for _ in range(repeats):
            started = time.perf_counter()
            found = truncated_svd(watched, k)
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            _, sigma, vt = svds(watched, k)
            theirs.append(time.perf_counter() - started)
        accuracy = f"residuals {residual(found.v, found.singular_values):.0e} and {residual(vt.T, sigma):.0e}"
        yield f"SVD, k = {k}: time of svds / ours", f"{median(theirs) / median(ours):.2f} ({accuracy})", "more than 1"


def answers(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """Fold in ten ratings, score everything, and list ten titles with predictions and reasons."""
    model = Model.load(BUNDLED)
    random = np.random.default_rng(0)
    popular = model.item_ids[np.argsort(-model.catalogue.members)[:1000]]
    times = []
    for number in range(1200):
        chosen = random.choice(popular, 10, replace=False).tolist()
        history = dict(zip(chosen, random.integers(1, 11, 10).tolist(), strict=True))
        started = time.perf_counter()
        model.recommend(model.fold_in(history), k=10)
        if number >= 200:
            times.append(1000 * (time.perf_counter() - started))
    p50, p99 = np.percentile(times, [50, 99])
    yield "fold-in and recommend, 10 ratings, one thread", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms", "2 ms, 6 ms"


def sizes(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """The bundled model on disk."""
    size = {path.name: path.stat().st_size / MEGABYTE for path in BUNDLED.iterdir()}
    yield "bundled model", f"{sum(size.values()):.1f} MB", "15 MB"
    yield "of it for a first answer", f"{sum(size.values()) - size['users.safetensors']:.1f} MB", "12 MB"


def app(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """The page against an empty Gradio app: start, memory, and the time of an endpoint."""
    from gradio_client import Client

    starts: dict[str, list[float]] = {"ours": [], "empty": []}
    memory: dict[str, list[float]] = {"ours": [], "empty": []}
    calls: dict[str, list[float]] = {"ours": [], "empty": []}
    page = 0
    for _ in range(3):
        with _running("app.py") as (url, started, ours), _running("-c", EMPTY_APP) as (other, started_empty, empty):
            starts["ours"].append(started)
            starts["empty"].append(started_empty)
            page = len(urllib.request.urlopen(url).read())  # noqa: S310
            clients = {name: Client(at, verbose=False) for name, at in (("ours", url), ("empty", other))}
            memory["ours"].append(_resident(ours))
            memory["empty"].append(_resident(empty))
            for _ in range(60):
                for name, arguments_, endpoint in (
                    ("ours", ({"5114": 10, "9253": 9},), "/recommend"), ("empty", (1,), "/echo"),
                ):  # fmt: skip
                    at = time.perf_counter()
                    clients[name].predict(*arguments_, api_name=endpoint)
                    calls[name].append(1000 * (time.perf_counter() - at))
    ratio = median(starts["ours"]) / median(starts["empty"])
    yield "start to first 200 / empty Gradio app", f"{ratio:.2f} ({median(starts['ours']):.1f} s)", "1.3"
    yield "memory beyond an empty Gradio app", f"{median(memory['ours']) - median(memory['empty']):.0f} MB", "100 MB"
    yield "first page", f"{page / 1000:.0f} kB", "150 kB"
    ratio = median(calls["ours"]) / median(calls["empty"])
    yield "/recommend / an endpoint that does nothing", f"{ratio:.2f} ({median(calls['ours']):.0f} ms)", "1.3"


def page(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """From a tap on a star to new cards, end to end in Chromium, and what the visits leave in memory."""
    from playwright.sync_api import sync_playwright

    with _running("app.py") as (url, _, ours), _running("-c", EMPTY_APP) as (_, _, empty), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        visitor = browser.new_page(viewport={"width": 390, "height": 844})
        visitor.route("https://**", lambda route: route.abort())
        visitor.goto(url)
        visitor.locator("#results .card[data-id]").first.wait_for()
        taken = [float(visitor.evaluate(TAP, number % 6)) for number in range(40)]
        browser.close()
        memory = _resident(ours) - _resident(empty)
    p50, p95 = np.percentile(taken, [50, 95])
    yield "a rating to new cards, in the browser", f"median {p50:.0f} ms, p95 {p95:.0f} ms", "150 ms"
    yield "memory beyond an empty Gradio app, after a visit", f"{memory:.0f} MB", "-"


@contextlib.contextmanager
def _running(*command: str) -> Iterator[tuple[str, float, int]]:
    """A server on a free port: its address, the seconds until it answered, and its process id."""
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
        yield url, time.perf_counter() - started, process.pid
    finally:
        process.terminate()
        process.wait()


def _resident(pid: int) -> float:
    """Memory of a process in MB (Linux; 0 elsewhere)."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    run(main)
