"""Flows compiled for an Airflow of this machine, whose tasks are processes beside it."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.scheduler import Ended
from stored import Task, artifacts, parents

from flowc.driver import read_flow
from flowc.ir.flow import ParameterKind
from flowc.ir.region import Foreach, Loop, walk
from flowc.ir.region import Task as Leaf
from flowc.targets import get_target
from flowc.targets.target import AirflowCompute, AirflowOptions, CompileOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.dag_runs import Tester
    from airflow.scheduler import Live

    from flowc.ir.flow import Flow


@dataclass(frozen=True, slots=True)
class Placed:
    """A flow beside its DAG file in Airflow's folder of DAGs, and the store of its runs."""

    flow: Flow
    dag: str
    file: Path
    store: Path

    def run(
        self, tester: Tester, conf: Mapping[str, object] | None = None, passed: str = ""
    ) -> Ended:
        """How a run of it ends, by `dag.test()`; see `Tester.run`."""
        return tester.run(self.file, self.dag, conf, passed)

    def run_live(self, live: Live, conf: Mapping[str, object] | None = None) -> Ended:
        """How a run of it ends, by the scheduler."""
        live.admit(self.dag)
        return live.ended(self.dag, live.trigger(self.dag, conf))

    def run_id(self, ended: Ended) -> str:
        """What the store calls a run."""
        own = "" if self.dag == self.flow.name else f"{self.dag}-"
        return f"airflow-{own}{re.sub(r'[^A-Za-z0-9_.-]', '-', ended.run)}"

    def tasks(self, ended: Ended) -> Mapping[Task, list[Task]]:
        """The tasks of a run that are done, each with its parents."""
        return parents(self.store, self.flow.name, self.run_id(ended))

    def artifacts(self, ended: Ended, step: str = "end", path: str = "t") -> dict[str, object]:
        """The artifacts of a task."""
        return artifacts(self.store, self.flow.name, self.run_id(ended), (step, path))


def place(source: Path, dags: Path, store: Path | str, **chosen: str | int) -> Placed:
    """Compile the flow of a folder into a copy of it, in a folder of DAGs.

    `chosen` are fields of `CompileOptions`.
    """
    reading = read_flow(str(source / "flow.py"))
    assert reading.flow, reading.diagnostics
    airflow = AirflowOptions(AirflowCompute.WORKER)
    options = replace(CompileOptions(store=str(store), airflow=airflow), **chosen)  # type: ignore[arg-type]
    manifest, diagnostics = get_target("airflow").emit(reading.flow, options)
    assert manifest, diagnostics
    (document,) = manifest.documents
    folder = dags / document["dags"][0]["id"]
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("expected"))
    file = folder / document["dagFile"]["name"]
    draft = file.with_suffix(".draft")
    draft.write_text(manifest.text)
    draft.rename(file)
    return Placed(reading.flow, document["dags"][0]["id"], file, Path(store))


def place_alone(source: Path, tester: Tester, store: Path | str, **chosen: str | int) -> Placed:
    """The same, with nothing else in the folder of DAGs."""
    shutil.rmtree(tester.airflow.dags)
    tester.airflow.dags.mkdir()
    return place(source, tester.airflow.dags, store, **chosen)


def typed(flow: Flow, given: Mapping[str, str]) -> dict[str, object]:
    """Parameters that a command line gives, with the types that Airflow asks for."""
    texts = {each.name for each in flow.parameters if each.kind is ParameterKind.STR}
    return {name: text if name in texts else json.loads(text) for name, text in given.items()}


def needs_scheduler(flow: Flow) -> bool:
    """Whether a flow has tasks that run at once, or DAGs that other DAGs start.

    `dag.test()` runs one task after the other, and of a single DAG.
    """
    return any(map(_needs_scheduler, walk(flow.body)))


def _needs_scheduler(region: object) -> bool:
    match region:
        case Foreach(gang=gang):
            return gang
        case Loop(body=(Leaf(),)):
            return False
        case Loop():
            return True
        case _:
            return False
