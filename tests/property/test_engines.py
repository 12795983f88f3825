"""Engines execute exactly what the oracle says: the same tasks, parents and artifacts.

Starting Python costs more than a task, so most flows run in forks of this process: as Argo's
manifest, and by the plan alone. A few run on the local engine, with a process for each task.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argo.interpreter import submit
from argo.pods import fork
from following import RUN, ByRegion, Following
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Ran, execute
from random_flows import GANG, MOST_INSTANCES, Graph, flows, render

from flowc.driver import read_flow
from flowc.ir.plan import render_plan
from flowc.local.engine import run
from flowc.local.settings import RunSettings
from flowc.runtime.plan import read_plan
from flowc.runtime.run_store import RunStore
from flowc.runtime.store import open_store
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oracle import Task

    from flowc.ir.flow import Flow

# Python 3.12 and later warn of forks beside threads, such as that by which pytest-xdist listens.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

MANY = settings().max_examples
RESUMED = "run-2"


# A task writes some ten small files, which in memory costs a third.
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@settings(max_examples=MANY // 3)
@given(graph=flows())
def test_plans_execute_what_the_oracle_says(folder: Path, graph: Graph) -> None:
    _compiled(graph, folder)

    _follow_plan(folder, Following(folder))

    assert _executed(graph, folder) == execute(graph)


@settings(max_examples=MANY // 15)
@given(graph=flows(max_steps=12))
def test_regions_of_one_container_execute_what_the_oracle_says(folder: Path, graph: Graph) -> None:
    _compiled(graph, folder)

    _follow_plan(folder, ByRegion(folder, jobs=1 + len(graph.steps) % 3))

    assert _executed(graph, folder) == execute(graph)


@settings(max_examples=MANY // 6)
@given(graph=flows(max_steps=15), drawn=st.data())
def test_a_resumed_run_runs_what_has_not_finished(
    folder: Path, graph: Graph, drawn: st.DataObject
) -> None:
    _compiled(graph, folder)
    ran = execute(graph)
    _follow_plan(folder, Following(folder))
    lost = set(drawn.draw(st.lists(st.sampled_from(sorted(ran)), min_size=1, max_size=3)))
    again = drawn.draw(st.lists(st.sampled_from(sorted(graph.steps)), max_size=1))
    for step, path in _with_descendants(ran, lost, set()):
        (folder / "store" / graph.name / RUN / "_flowc" / "done" / step / f"{path}.json").unlink()

    words = ("--origin", RUN, "--from", ",".join(again))
    _follow_plan(folder, Following(folder, RESUMED, *words))

    assert _executed(graph, folder, RESUMED) == ran
    later = lost | {task for task in ran if task[0] in again}
    gangs = {name for node in graph.steps.values() if node.kind == GANG for name in node.next}
    assert _not_cloned(graph, folder) == _with_descendants(ran, later, gangs)


@settings(max_examples=MANY // 6)
@given(graph=flows(max_steps=15))
def test_argo_executes_what_the_oracle_says(folder: Path, graph: Graph) -> None:
    flow = _compiled(graph, folder)
    manifest, diagnostics = get_target("argo").emit(flow, CompileOptions(image="python:3.11"))
    assert manifest, diagnostics

    result = submit(manifest.text, source=folder, store=folder / "store", run=RUN, runner=fork)

    assert result.phase == "Succeeded", result.message
    assert _executed(graph, folder) == execute(graph)
    assert len(result.tasks) == len(execute(graph))


@settings(max_examples=MANY // 15)
@given(graph=flows(max_steps=8))
def test_local_runs_execute_what_the_oracle_says(folder: Path, graph: Graph) -> None:
    flow = _compiled(graph, folder)
    workers = 1 + len(graph.steps) % 3

    result = run(flow, RunSettings(RUN, folder / "store", folder, max_workers=workers), _ignore)

    assert not result.failures
    assert _executed(graph, folder) == execute(graph)
    assert result.tasks == len(execute(graph))


def _ignore(_: object) -> None:
    """Hear of an event."""


def _compiled(graph: Graph, folder: Path) -> Flow:
    """The flow, its source and its plan in a folder with an empty store."""
    shutil.rmtree(folder / "store", ignore_errors=True)
    (folder / "flow.py").write_text(render(graph))
    reading = read_flow(str(folder / "flow.py"))
    assert reading.flow, reading.diagnostics
    (folder / "plan.json").write_text(render_plan(reading.flow))
    return reading.flow


def _with_descendants(ran: Mapping[Task, Ran], tasks: set[Task], gangs: set[str]) -> set[Task]:
    """Some tasks and all that have run after them; a gang runs together."""
    found = set(tasks)
    for task, each in ran.items():
        step, path = task
        base = path.rpartition(".")[0]
        gang = {(step, f"{base}.{i}") for i in range(MOST_INSTANCES)} if step in gangs else set()
        if found & {*each.parents, *gang}:
            found.add(task)
    return found if found == tasks else _with_descendants(ran, found, gangs)


def _not_cloned(graph: Graph, folder: Path) -> set[Task]:
    done = folder / "store" / graph.name / RESUMED / "_flowc" / "done"
    return {
        (record.parent.name, record.name.removesuffix(".json"))
        for record in done.glob("*/*.json")
        if "origin" not in json.loads(record.read_text())
    }


def _executed(graph: Graph, folder: Path, run: str = RUN) -> dict[Task, Ran]:
    """What the store has on record of the run."""
    plan = read_plan(str(folder / "plan.json"))
    run_store = RunStore(open_store(str(folder / "store")), plan, run)
    executed: dict[Task, Ran] = {}
    for record in (folder / "store" / graph.name / run / "_flowc" / "done").glob("*/*.json"):
        step, path = record.parent.name, record.name.removesuffix(".json")
        parents = json.loads(record.read_text())["parents"]
        trail = run_store.committed(step, path)["trail"]
        executed[step, path] = Ran(
            tuple((step, path) for step, path in parents), run_store.artifacts.load("trail", trail)
        )
    return executed


def _follow_plan(folder: Path, engine: Following) -> None:
    """Run all tasks of the plan in one fork: the least that an engine can cost."""
    body = json.loads((folder / "plan.json").read_text())["body"]
    told = folder / "error.txt"
    told.write_text("")
    child = os.fork()
    if child == 0:
        try:
            engine.block(body, "t")
        except BaseException:  # noqa: BLE001 (the child must end here, whatever happens)
            told.write_text(traceback.format_exc())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert not told.read_text()
