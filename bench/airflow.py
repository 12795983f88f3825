"""Compiling to Airflow: `flowc compile` against `airflow create`, and how long their files load."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import flows
from bench.measure import Command, Row, Spread, interleaved, times_less
from bench.object_store import metaflow_on_s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Where `make airflow` puts the Airflow that Metaflow's files load in; they do not in Airflow 3.
_PYTHON = Path(".venv/airflow/2.11/bin/python")
_LOAD = Path(__file__).with_name("load_dags.py")


@dataclass(frozen=True, slots=True)
class Case:
    """A flow, by the name of its row, and how much faster flowc must compile it."""

    name: str
    source: Callable[[str], str]
    times_faster: float


CASES = (
    Case("3 steps", lambda module: flows.linear(3, module), 3),
    Case("50 steps", lambda module: flows.linear(50, module), 3),
    Case("10 diamonds", lambda module: flows.splits(10, module), 15),
)


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    """For each flow, the time to compile it, and that to load its file in Airflow 2.11."""
    with metaflow_on_s3(folder / "metaflow") as environment:
        for number, case in enumerate(CASES):
            yield from _rows(case, rounds, folder / f"dag_{number}", environment)


def _rows(case: Case, rounds: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Row]:
    ours, theirs = _contenders(case, folder, environment)
    name = f"airflow, {case.name}"
    yield times_less(f"{name}: time", *interleaved((ours, theirs), rounds), case.times_faster)
    if _PYTHON.exists():
        loaded = [_loaded(folder / file, rounds) for file in ("ours_dag.py", "theirs_dag.py")]
        yield _load_time(f"{name}: load in Airflow 2.11", *loaded)


def _contenders(
    case: Case, folder: Path, environment: Mapping[str, str]
) -> tuple[Command, Command]:
    folder.mkdir()
    for name, module in (("ours", "flowc"), ("theirs", "metaflow")):
        (folder / f"{name}.py").write_text(case.source(module))
    options = ("--datastore-root", "s3://bench/flowc", "--image", "bench:1", "-o", "ours_dag.py")
    compiles = ("-m", "flowc", "compile", "ours.py", "--target", "airflow", *options)
    create = ("theirs.py", "--no-pylint", "airflow", "create", "theirs_dag.py")
    settings = {**environment, "METAFLOW_KUBERNETES_NAMESPACE": "default"}
    return (
        Command((sys.executable, *compiles), folder, settings, folder / "ours.txt"),
        Command((sys.executable, *create), folder, settings, folder / "theirs.txt"),
    )


def _loaded(file: Path, rounds: int) -> Spread | None:
    """How long Airflow's own Python takes to run a DAG file; nothing where it fails in it."""
    home = file.with_name("airflow")
    # A module of this folder is called as Airflow is.
    words = [_PYTHON.absolute(), "-P", _LOAD, file, str(rounds)]
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(words, env=settings, capture_output=True, text=True, check=False)
    return (
        None if done.returncode else Spread(tuple(map(float, done.stdout.splitlines()[-1].split())))
    )


def _load_time(name: str, ours: Spread | None, theirs: Spread | None) -> Row:
    ratio = f"{theirs.median / ours.median:.1f}" if ours and theirs else "-"
    return Row(name, _told(ours), _told(theirs), ratio, "-", met=ours is not None)


def _told(loaded: Spread | None) -> str:
    return str(loaded) if loaded else "does not load"
