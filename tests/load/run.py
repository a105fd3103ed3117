"""Start the app as its users do, send it visitors, and print its figures as a Markdown table and as JSON.

    python tests/load/run.py --visitors 100 --minutes 10

The figures are of this machine and of what else it does: run it on a quiet one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.request import urlopen

import psutil

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent), str(FOLDER.parents[1])]

import taps  # noqa: E402  # beside this file
from running import App, clean_environment, started_app  # noqa: E402
from waiting import wait_until  # noqa: E402

REFUSED = ": refused"  # as in visitors.py
SAMPLE_SECONDS = 2.0
MEGABYTE = 1 << 20
AT_REST = {"anisvd_at_work": 0.0, "anisvd_waiting": 0.0, "anisvd_open_requests": 1.0}  # /metrics itself is open


def main() -> None:
    """Run all phases, each against an app of its own, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=100, help="at one time (100)")
    parser.add_argument("--minutes", type=float, default=10, help="for how long (10)")
    options = parser.parse_args()
    figures: dict[str, Any] = {"machine": machine()}
    with started_app(clean_environment()) as app:
        wait_until(lambda: is_idle(app))
        figures["visitors"] = visitors(app, options.visitors, options.minutes)
        figures["afterwards"] = afterwards(app)
    with started_app(clean_environment()) as app:
        wait_until(lambda: is_idle(app))  # it rehearses after its start
        figures["a tap"] = taps.cost_of_a_tap(app.url, lambda: cpu_seconds(app))
        before = cpu_seconds(app)
        start = time.monotonic()
        figures["taps"] = {"taps per second": taps.taps_per_second(app.url)}
        figures["taps"]["cores used by the server"] = (cpu_seconds(app) - before) / (time.monotonic() - start)
        figures["burst"] = taps.burst(app.url)
        before_calls = resident(app)
        taps.leave_calls(app.url)
        figures["calls that nobody collects"] = {"more memory, MB": resident(app) - before_calls}
        figures["afterwards, too"] = afterwards(app)
    figures["machine"]["load at the end"] = os.getloadavg()[0]
    print(markdown(figures))
    print(json.dumps(figures, indent=1, default=float))


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {"cores": os.cpu_count(), "load at the begin": os.getloadavg()[0], "python": sys.version.split()[0]}


def visitors(app: App, n: int, minutes: float) -> dict[str, Any]:
    """Let locust send visitors; return requests, times and refusals by route, and the memory and CPU of the app."""
    with tempfile.TemporaryDirectory() as folder, sampled(app) as samples:
        results = Path(folder) / "results"
        command = [
            sys.executable, "-m", "locust", "--headless", "--locustfile", str(FOLDER / "visitors.py"),
            "--host", app.url, "--users", str(n), "--spawn-rate", str(max(1.0, n / 30)),
            "--run-time", f"{round(60 * minutes)}s", "--stop-timeout", "60", "--only-summary", "--loglevel", "WARNING",
            "--json-file", str(results),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[:3])}
        before, start = cpu_seconds(app), time.monotonic()
        locust = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        cores = (cpu_seconds(app) - before) / (time.monotonic() - start)
        if not (stored := results.with_suffix(".json")).exists():
            raise RuntimeError(f"locust wrote no results: {locust.stdout}")
        routes = json.loads(stored.read_text(encoding="utf-8"))
    n_failures = sum(route["num_failures"] for route in routes)
    if n_failures or locust.returncode:
        print(locust.stdout, file=sys.stderr)
    answered = [route for route in routes if not route["name"].endswith(REFUSED)]
    second_half = samples[len(samples) // 2 :]
    return {
        "requests": sum(route["num_requests"] for route in answered),
        "failures": n_failures,
        "refused and sent again": sum(route["num_requests"] for route in routes)
        - sum(route["num_requests"] for route in answered),
        "routes": {route["name"]: times(route) for route in sorted(answered, key=lambda route: route["name"])},
        "cores used by the server": cores,
        "memory, MB": {
            "at half time": mean(second_half[:5]),
            "at three quarters": mean(second_half[len(second_half) // 2 :][:5]),
            "at the end": mean(second_half[-5:]),
            "range in the second half, %": 100 * (max(second_half) / min(second_half) - 1),
        },
    }


def times(route: dict[str, Any]) -> dict[str, float]:
    """Return how many requests a route of locust's results had, and percentiles of their milliseconds."""
    counts = Counter({float(ms): n for ms, n in route["response_times"].items()})
    ordered = sorted(counts.elements())
    percentiles = {f"p{p}": ordered[min(len(ordered) * p // 100, len(ordered) - 1)] for p in (50, 95, 99)}
    return {"requests": route["num_requests"], "failures": route["num_failures"], **percentiles}


def afterwards(app: App) -> dict[str, Any]:
    """Wait until the app is at rest; return its errors, and the lines of its log that are no request."""
    wait_until(lambda: AT_REST.items() <= metrics(app).items())
    values = metrics(app)
    n_errors = sum(
        n for name, n in values.items() if name.startswith('anisvd_requests_total{outcome="5') and "503" not in name
    )
    lines = [line for line in app.log.splitlines() if line.startswith(("WARNING", "ERROR", "CRITICAL", "Traceback"))]
    return {
        "server errors": n_errors,
        "lines of trouble in the log": len(lines),
        "open files": values["process_open_fds"],
    }


def metrics(app: App) -> dict[str, float]:
    """Return the figures of ``/metrics``."""
    with urlopen(f"{app.url}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))
    }


@contextmanager
def sampled(app: App) -> Iterator[list[float]]:
    """Take the memory of the app in MB from time to time."""
    samples, end = [resident(app)], threading.Event()

    def sample() -> None:
        while not end.wait(SAMPLE_SECONDS):
            samples.append(resident(app))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        end.set()
        thread.join()


def resident(app: App) -> float:
    """Return the resident memory of the app in MB."""
    return psutil.Process(app.process.pid).memory_info().rss / MEGABYTE


def cpu_seconds(app: App) -> float:
    """Return the CPU time of the app, all threads, in nanosecond steps (Linux: ``clock_getcpuclockid``)."""
    return time.clock_gettime(~app.process.pid << 3 | 2)


def is_idle(app: App) -> bool:
    """Return whether the app does next to nothing for a second; Gradio looks for work many times in one."""
    before = cpu_seconds(app)
    time.sleep(1)
    return cpu_seconds(app) - before < 0.3


def markdown(figures: dict[str, Any]) -> str:
    """Return two tables: the times by route, and all other figures."""
    routes = figures["visitors"]["routes"]
    rows = ["| route | requests | p50 ms | p95 ms | p99 ms |", "|---|---|---|---|---|"]
    rows += [
        f"| {name} | {row['requests']:,} | {row['p50']:.0f} | {row['p95']:.0f} | {row['p99']:.0f} |"
        for name, row in routes.items()
    ]
    rows += ["", "| | |", "|---|---|"]
    for phase, values in figures.items():
        for name, value in values.items():
            if name != "routes":
                rows.append(f"| {phase}: {name} | {_text(value)} |")
    return "\n".join(rows)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(part)}" for name, part in value.items())
    return f"{value:,.1f}" if isinstance(value, float) else f"{value}"


if __name__ == "__main__":
    main()
