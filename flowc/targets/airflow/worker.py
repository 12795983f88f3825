"""Steps as processes on Airflow's workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow, Step
from flowc.targets.airflow.compute_check import plan, without_effect
from flowc.targets.airflow.policy import execution_timeout
from flowc.targets.airflow.python_text import Expression, Name
from flowc.targets.start import shim_words
from flowc.targets.target import CompileOptions


@dataclass(frozen=True, slots=True)
class Worker:
    """A process of the worker's own Python for each task, from the package or the worker's files.

    Without a package, `FLOWC_SOURCE` tells a worker where the flow's folder is; where it does not,
    that is the folder of the DAG's file.
    """

    flow: Flow
    options: CompileOptions
    template: str = "worker"
    standard: tuple[str, ...] = (
        *("import json", "import os", "import signal", "import sys"),
        *("from subprocess import PIPE, STDOUT, Popen", "from tempfile import TemporaryDirectory"),
    )
    modules: tuple[str, ...] = ()
    names: tuple[str, ...] = ("BaseOperator",)

    @property
    def constants(self) -> Mapping[str, Expression]:
        """See `Compute.constants`."""
        _, *words = shim_words(self.options.package)
        own = {} if self.options.package else {"FLOWC_SOURCE": Name("os.path.dirname(__file__)")}
        return {"SHIM": [Name("sys.executable"), *words], "HOME": own}

    def arguments(
        self, step: Step, *, seconds: int | None, is_member: bool
    ) -> Mapping[str, Expression]:
        """See `Compute.arguments`."""
        variables = {"environment": dict(step.environment)} if step.environment else {}
        return {**execution_timeout(seconds), **variables}

    def check(self) -> Iterator[Diagnostic]:
        """See `Compute.check`."""
        yield from plan(self.flow, self.options)
        yield from without_effect(self.flow, frozenset(), "a worker")
