"""What the target must know of whatever runs a flow's steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, assert_never

from flowc.diagnostics import Diagnostic
from flowc.errors import UsageError
from flowc.ir.flow import Flow, Step
from flowc.targets.airflow.python_text import Expression
from flowc.targets.target import AirflowCompute, CompileOptions

# What Airflow waits for without a worker.
_DEFERRABLE = frozenset({AirflowCompute.KUBERNETES, AirflowCompute.BATCH})


class Compute(Protocol):
    """How the steps of a flow run: the operator `Step` of the file, and what it is told."""

    @property
    def template(self) -> str:
        """The template that holds the class `Step`, without its ending."""

    @property
    def standard(self) -> tuple[str, ...]:
        """The statements that import for it what is Python's own."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The statements that import for it what providers have."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it needs of Airflow's own, by the names of Airflow 3."""

    @property
    def constants(self) -> Mapping[str, Expression]:
        """What all steps share, by the names of the file's constants."""

    def arguments(
        self, step: Step, *, seconds: int | None, is_member: bool
    ) -> Mapping[str, Expression]:
        """What the operator of a step is told, besides what all of them are on any compute.

        After so many seconds its task is ended, and it may be one of a gang.
        """

    def check(self) -> Iterator[Diagnostic]:
        """What there is to say against the flow, or of what has no effect on it."""


def compute_of(flow: Flow, options: CompileOptions) -> Compute:
    """What `--compute` asks for. Only that is loaded."""
    compute = options.airflow.compute
    if options.airflow.deferrable and compute not in _DEFERRABLE:
        raise UsageError(f"--deferrable: it takes a worker as long as a step with `{compute}`")
    match compute:
        case AirflowCompute.KUBERNETES:
            from flowc.targets.airflow.kubernetes import Kubernetes  # noqa: PLC0415

            return Kubernetes(flow, options)
        case AirflowCompute.WORKER:
            from flowc.targets.airflow.worker import Worker  # noqa: PLC0415

            return Worker(flow, options)
        case AirflowCompute.DOCKER:
            from flowc.targets.airflow.docker import Docker  # noqa: PLC0415

            return Docker(flow, options)
        case AirflowCompute.BATCH:
            raise UsageError(
                "--compute batch: jobs of AWS Batch cannot be run from Airflow yet; "
                "`--target step-functions` runs them"
            )
        case _:
            assert_never(compute)
