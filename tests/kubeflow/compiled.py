"""Flows compiled for Kubeflow Pipelines, whose tasks are processes of this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stored import Task, artifacts, parents

from flowc.driver import read_flow
from flowc.ir.flow import ParameterKind
from flowc.ir.plan import render_plan
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubeflow.local_runs import Ended, Kfp

    from flowc.ir.flow import Flow
    from flowc.targets.target import Manifest

RUN = "kfp"
OPTIONS = CompileOptions(image="registry.example/python-flows:1", store="s3://bucket/flows")


@dataclass(frozen=True, slots=True)
class Placed:
    """A flow beside its pipeline and its plan, and the store of its runs."""

    flow: Flow
    source: Path
    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def run(self, kfp: Kfp, arguments: Mapping[str, object] | None = None, run: str = RUN) -> Ended:
        """How a run of it ends."""
        # What `flowc package build --image` puts into an image.
        environment = {
            "FLOWC_PLAN": str(self.folder / "plan.json"),
            "FLOWC_SOURCE": str(self.source),
        }
        file = self.folder / "pipeline.yaml"
        return kfp.run(file, run, self.source, environment, arguments or {})

    def tasks(self, run: str = RUN) -> Mapping[Task, list[Task]]:
        """The tasks of a run that are done, each with its parents."""
        return parents(self.store, self.flow.name, run)

    def artifacts(self, step: str = "end", path: str = "t", run: str = RUN) -> dict[str, object]:
        """The artifacts of a task."""
        return artifacts(self.store, self.flow.name, run, (step, path))


def place(flow: Flow, source: Path, folder: Path) -> Placed:
    """Compile a flow whose file is in the folder `source`; the other folder is its own."""
    manifest = compiled(flow, replace(OPTIONS, store=str(folder / "store")))
    (folder / "pipeline.yaml").write_text(manifest.text)
    (folder / "plan.json").write_text(render_plan(flow))
    return Placed(flow, source, folder)


def written(text: str, folder: Path) -> Placed:
    """Compile the flow of a text."""
    (folder / "flow.py").write_text(text)
    reading = read_flow(str(folder / "flow.py"))
    assert reading.flow, reading.diagnostics
    return place(reading.flow, folder, folder)


def compiled(flow: Flow, options: CompileOptions = OPTIONS) -> Manifest:
    manifest, diagnostics = get_target("kubeflow").emit(flow, options)
    assert manifest, diagnostics
    return manifest


def typed(flow: Flow, given: Mapping[str, str]) -> dict[str, object]:
    """Parameters that a command line gives, with the types that the API asks for."""
    typed = (ParameterKind.INT, ParameterKind.FLOAT, ParameterKind.BOOL)
    values = {each.name for each in flow.parameters if each.kind in typed}
    return {name: json.loads(text) if name in values else text for name, text in given.items()}
