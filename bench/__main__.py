"""`python -m bench`: measures all there is to measure and prints one table, in Markdown."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bench import airflow, overhead, reading, shim, step_functions, store, structure
from bench import compile as compiling

if TYPE_CHECKING:
    from bench.measure import Row

SUITES = {
    "airflow": airflow.rows,
    "compile": compiling.rows,
    "overhead": overhead.rows,
    "reading": reading.rows,
    "shim": shim.rows,
    "step_functions": step_functions.rows,
    "store": store.rows,
    "structure": structure.rows,
}
TITLES = ("", "flowc", "Metaflow", "times less", "target", "")


def main() -> int:
    """Exit code 1 if a target is missed and `--check` was given."""
    words = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    words.add_argument("suites", nargs="*", choices=(*SUITES, []), help="by default all")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    chosen = words.parse_args()
    met = _report(chosen.suites or list(SUITES), chosen.rounds)
    return int(chosen.check and not met)


def _report(suites: list[str], rounds: int) -> bool:
    """Print the table as it grows; returns whether all targets are met."""
    print(_machine(rounds), "", _line(*TITLES), _line(*["---"] * len(TITLES)), sep="\n", flush=True)
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for suite in suites:
            for row in SUITES[suite](rounds, Path(folder)):
                print(_row(row), flush=True)
                met = met and row.met
    return met


def _row(row: Row) -> str:
    verdict = "met" if row.met else "**missed**"
    return _line(row.name, row.ours, row.theirs, row.ratio, row.target, verdict)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _machine(rounds: int) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("flowc", "metaflow", "moto"))
    return (
        f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {versions}. "
        f"Medians of {rounds} rounds in turn, with the least and the most."
    )


if __name__ == "__main__":
    sys.exit(main())
