"""What a task costs besides its step: `flowc run` against Metaflow's local runtime."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from bench import flows
from bench.measure import Command, interleaved, times_less
from bench.object_store import plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.measure import Row

TIMES_LESS = 10
# Metaflow takes half a minute for each.
MOST_ROUNDS = 3
WORKERS = str(os.cpu_count() or 1)

# What runs, how wide or long it is, and of how many tasks it consists.
SHAPES = {
    "task of 100 in a row": (flows.linear, 100, 100),
    "task of a 200-way foreach": (flows.wide, 200, 203),
}


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    """For each shape: the whole run's time by its number of tasks."""
    for number, (name, (source, size, tasks)) in enumerate(SHAPES.items()):
        place = folder / f"run_{number}"
        place.mkdir()
        (place / "ours.py").write_text(source(size, "flowc"))
        (place / "theirs.py").write_text(source(size, "metaflow"))
        ours, theirs = interleaved(_contenders(place), min(rounds, MOST_ROUNDS))
        yield times_less(f"{name}, {WORKERS} workers", ours / tasks, theirs / tasks, TIMES_LESS)


def _contenders(folder: Path) -> tuple[Command, Command]:
    environment = plain_environment(folder)
    workers = ("--max-workers", WORKERS)
    runs = (sys.executable, "-m", "flowc", "run", "ours.py", *workers)
    theirs = (
        sys.executable,
        "theirs.py",
        "--no-pylint",
        "run",
        *workers,
        "--max-num-splits",
        "1000",
    )
    return (
        Command(runs, folder, environment, folder / "ours.log"),
        Command(theirs, folder, environment, folder / "theirs.log"),
    )
