"""Fuzz readers of untrusted input with atheris, guided by the branches of ``core`` that an input reaches.

    python tests/fuzz/run.py tables --seconds 60
    python tests/fuzz/run.py --all --seconds 60
    python tests/fuzz/run.py lists --plain --runs 1000000 --seed 1
    python tests/fuzz/run.py tables --input FILE

A harness is a module beside this file. Its ``corpus()`` returns inputs to start from, its ``one_input(data)``
raises for an input that does harm, and may return in a word what became of it. An input does harm, too, if it takes
more than `MAX_SECONDS` of CPU or `MAX_MEGABYTES`. It is written to ``tests/fuzz/found/``; mend the cause, and add a
test of it. ``--plain`` watches no branches, which is several times as fast, goes on after a find, and counts: see
`fuzz.plain`. A ``--seed`` gives the same inputs as before, as far as the time goes: `.ci/run` repeats those of
seed 1, so give others to look for what is new.
"""

import argparse
import importlib
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [path for path in (str(FOLDER.parents[1]), str(FOLDER.parent)) if path not in sys.path]

from fuzz import plain  # noqa: E402
from fuzz.limits import FOUND, HANGS, MAX_BYTES, MAX_MEGABYTES, within_time  # noqa: E402

NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if not re.match("run|plain|limits|test_", path.stem))
AT_ONCE = 2


def main() -> int:
    """Run the harnesses that the command line names; return 0 if no input did harm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--all", action="store_true", help=f"all harnesses, {AT_ONCE} at once")
    parser.add_argument("--seconds", type=int, default=60, help="how long to run each harness (60)")
    parser.add_argument("--runs", type=int, help="how many inputs to try instead")
    parser.add_argument("--plain", action="store_true", help="try one harness without atheris, and count")
    parser.add_argument("--seed", type=int, default=1, help="of the inputs; another tries others (1)")
    parser.add_argument("--input", type=Path, help="try one input from a file, without atheris")
    options = parser.parse_args()
    names = NAMES if options.all else options.names
    if not names or not set(names) <= set(NAMES):
        parser.error(f"name some of {', '.join(NAMES)}, or --all")
    if options.input:
        harness(names[0]).one_input(options.input.read_bytes())
        return 0
    if options.plain:
        return plain.try_inputs(names[0], harness(names[0]), options.runs or 1000, options.seed)
    if len(names) == 1:
        limit = f"-runs={options.runs}" if options.runs else f"-max_total_time={options.seconds}"
        fuzz(names[0], limit, options.seed)
    limits = ["--runs", str(options.runs)] if options.runs else ["--seconds", str(options.seconds)]
    limits += ["--seed", str(options.seed)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return max(pool.map(lambda name: _in_own_process(name, limits), names))


def harness(name: str) -> Any:
    """Return the module of a harness."""
    return importlib.import_module(f"fuzz.{name}")


def fuzz(name: str, limit: str, seed: int) -> None:
    """Try mutated inputs until ``limit``, an option of libFuzzer; end the process with 0 if none did harm."""
    import atheris

    with atheris.instrument_imports(include=["core"]):
        module = harness(name)
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(Path(folder), module.corpus())
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + MAX_MEGABYTES
        options = [
            limit,
            f"-seed={seed}",
            f"-timeout={HANGS}",
            f"-report_slow_units={HANGS}",
            f"-rss_limit_mb={megabytes}",
            f"-max_len={MAX_BYTES}",
        ]
        options += [f"-artifact_prefix={FOUND / name}-", "-print_final_stats=1", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *options, folder], within_time(module.one_input))
        atheris.Fuzz()


def write_corpus(folder: Path, inputs: Iterable[bytes]) -> None:
    """Write each input to a file of its own."""
    for number, data in enumerate(inputs):
        (folder / str(number)).write_bytes(data)


def _in_own_process(name: str, limits: list[str]) -> int:
    """Run one harness, print a line about it, and all that it printed if it found something; return its exit code."""
    command = [sys.executable, __file__, name, *limits]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment)
    if result.returncode:
        print(result.stdout, result.stderr, sep="\n", flush=True)
    tried = re.search(r"number_of_executed_units: (\d+)", result.stderr)
    verdict = f"found something, see {FOUND}" if result.returncode else "nothing found"
    print(f"{name}: {int(tried[1]) if tried else 0:,} inputs, {verdict}", flush=True)
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
