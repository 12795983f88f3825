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

TIMES_LESS = 5
WIDTH = 30
WORKERS = str(os.cpu_count() or 1)

# What runs, and of how many tasks it consists.
SHAPES = {
    f"task of {WIDTH} in a row": (flows.linear, WIDTH),
    f"task of a {WIDTH}-way foreach": (flows.wide, WIDTH + 3),
}


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    """For each shape: the whole run's time by its number of tasks."""
    for number, (name, (source, tasks)) in enumerate(SHAPES.items()):
        place = folder / f"run_{number}"
        place.mkdir()
        (place / "ours.py").write_text(source(WIDTH, "flowc"))
        (place / "theirs.py").write_text(source(WIDTH, "metaflow"))
        ours, theirs = interleaved(_contenders(place), rounds)
        yield times_less(f"{name}, {WORKERS} workers", ours / tasks, theirs / tasks, TIMES_LESS)


def _contenders(folder: Path) -> tuple[Command, Command]:
    environment = plain_environment(folder)
    workers = ("--max-workers", WORKERS)
    runs = (sys.executable, "-m", "flowc", "run", "ours.py", *workers)
    theirs = (sys.executable, "theirs.py", "--no-pylint", "run", *workers)
    return (
        Command(runs, folder, environment, folder / "ours.log"),
        Command(theirs, folder, environment, folder / "theirs.log"),
    )
