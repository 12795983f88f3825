"""Compiling to Argo, cold: `flowc compile` against Metaflow's `argo-workflows create`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import yaml

from bench import flows
from bench.measure import Command, Row, interleaved, times_less
from bench.object_store import metaflow_on_s3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STEPS = (3, 50, 500)
TIMES_FASTER = 3
TIMES_SMALLER = 8


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    """For each size: the time, and the size of the manifest as a cluster stores it."""
    with metaflow_on_s3(folder / "metaflow") as environment:
        for steps in STEPS:
            ours, theirs = _contenders(steps, folder / f"linear_{steps}", environment)
            our_time, their_time = interleaved((ours, theirs), rounds)
            name = f"compile {steps} steps"
            yield times_less(name, our_time, their_time, TIMES_FASTER)
            yield _size(steps, ours.output, theirs.output)


def _contenders(
    steps: int, folder: Path, environment: Mapping[str, str]
) -> tuple[Command, Command]:
    folder.mkdir()
    ours, theirs = folder / "ours.py", folder / "theirs.py"
    ours.write_text(flows.linear(steps, "flowc"))
    theirs.write_text(flows.linear(steps, "metaflow"))
    compiles = (sys.executable, "-m", "flowc", "compile", ours.name, "--image", "bench:1")
    creates = (
        sys.executable,
        theirs.name,
        "--no-pylint",
        "argo-workflows",
        "create",
        "--only-json",
    )
    return (
        Command(compiles, folder, environment, folder / "ours.yaml"),
        Command(creates, folder, environment, folder / "theirs.json"),
    )


def _size(steps: int, ours: Path, theirs: Path) -> Row:
    """Both as JSON without spaces, which favours neither: Metaflow prints four for each level."""
    small = sum(
        _compact(document) for document in yaml.load_all(ours.read_text(), yaml.CSafeLoader)
    )
    large = _compact(json.loads(theirs.read_text()))
    printed = theirs.stat().st_size / ours.stat().st_size
    return Row(
        f"manifest of {steps} steps",
        f"{small:,} B",
        f"{large:,} B",
        f"{large / small:.1f} (as printed {printed:.1f})",
        f"≥ {TIMES_SMALLER}",
        large / small >= TIMES_SMALLER,
    )


def _compact(document: object) -> int:
    return len(json.dumps(document, separators=(",", ":")).encode())
