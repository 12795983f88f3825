"""Emits a file of Python with the DAGs of a flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowc import __version__
from flowc.diagnostics import Diagnostic, failed, in_order
from flowc.ir.flow import Flow, Step
from flowc.ir.plan import digest, render_plan
from flowc.targets.airflow.about import about_flow, about_steps
from flowc.targets.airflow.assets import event_fields, own_asset
from flowc.targets.airflow.check import check
from flowc.targets.airflow.compute import Compute, compute_of
from flowc.targets.airflow.dags import Dag, Dags
from flowc.targets.airflow.features import flags, has_lists, imports
from flowc.targets.airflow.flow_dag import dag_arguments
from flowc.targets.airflow.naming import dag_id_of, file_name
from flowc.targets.airflow.policy import attempts, seconds_at_most
from flowc.targets.airflow.python_text import (
    Call,
    Expression,
    assignment,
    in_docstring,
    written,
)
from flowc.targets.airflow.template import render
from flowc.targets.gangs import members
from flowc.targets.target import AirflowCompute, CompileOptions, Manifest, Target

# Airflow keeps no more of a map index's name, and fails a task that has a longer one.
_MOST_LETTERS = 240

# Linux starts no process with a longer one, its name included.
_MOST_OF_A_VARIABLE = 128 * 1024 - 100

# A list may always be made again, where the worker that makes it is lost.
_RETRIES = 3

# More mapped tasks than that keep Airflow's scheduler from its work.
_MOST_TASKS = 1000


@dataclass(frozen=True, slots=True)
class Airflow:
    """Airflow 2.11 and later: one file, with a DAG for the flow and one for each longer loop."""

    name: str = "airflow"
    formats: tuple[str, ...] = ("python",)

    def deployment_name(self, flow: Flow, name: str = "") -> str:
        """See `Target.deployment_name`: the id of the flow's DAG."""
        return dag_id_of(flow, name)

    def emit(self, flow: Flow, options: CompileOptions) -> tuple[Manifest | None, list[Diagnostic]]:
        """See `Target.emit`."""
        compute = compute_of(flow, options)
        found = [*check(flow, options), *compute.check()]
        if failed(found):
            return None, in_order(found)
        arguments = _Arguments(flow, compute, members(flow), options.name)
        dags = Dags(flow, dag_id_of(flow, options.name), arguments).made()
        text = _file(flow, options, compute, dags)
        name = file_name(dags[0].dag_id)
        document = {
            "dagFile": {"name": name, "text": text},
            "dags": [
                {"id": dag.dag_id, **_scheduled(flow, is_first=dag is dags[0])} for dag in dags
            ],
            "tags": dict(options.tags),
        }
        return Manifest((document,), text, {name: text}), in_order(found)


TARGET: Target = Airflow()


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What the task of a step is told, whatever the place it stands at."""

    flow: Flow
    compute: Compute
    members: frozenset[str]
    chosen_name: str

    def __call__(self, step: Step) -> Mapping[str, Expression]:
        is_loop = step.name in step.next_steps
        is_member = step.name in self.members
        seconds = seconds_at_most(step, is_member=is_member, is_loop=is_loop)
        return {
            **attempts(step.policy),
            **self._outlets(step),
            **self.compute.arguments(step, seconds=seconds, is_member=is_member),
        }

    def _outlets(self, step: Step) -> Mapping[str, Expression]:
        """What tells others that the flow has ended."""
        if step.name != self.flow.end:
            return {}
        return {"outlets": [Call("Asset", (own_asset(self.flow, self.chosen_name),))]}


def _scheduled(flow: Flow, *, is_first: bool) -> dict[str, bool]:
    """Whether a DAG starts by itself, of the flow's own."""
    return {"scheduled": bool(flow.schedule or flow.triggers)} if is_first else {}


def _file(flow: Flow, options: CompileOptions, compute: Compute, dags: tuple[Dag, ...]) -> str:
    plan = render_plan(flow)
    return render(
        "dag.py.jinja",
        flow=flow.name,
        version=__version__,
        digest=digest(plan),
        about=[in_docstring(line) for line in about_flow(flow)],
        compute=compute.template,
        constants=[assignment(*each) for each in _constants(flow, options, compute, plan)],
        dags=[_dag(dag, flow, options, is_first=dag is dags[0]) for dag in dags],
        **flags(flow, has_plan=_has_plan(options)),
        **imports(flow, compute),
    )


def _constants(
    flow: Flow, options: CompileOptions, compute: Compute, plan: str
) -> Iterator[tuple[str, Expression]]:
    dag_id = dag_id_of(flow, options.name)
    yield "STORE", options.store
    yield "RUN_PREFIX", "airflow-" if dag_id == flow.name else f"airflow-{dag_id}-"
    yield "MAX_WORKERS", options.max_workers
    if has_lists(flow):
        yield "MOST_TASKS", _MOST_TASKS
        yield "PATH", f"{{{{ task.path[:{_MOST_LETTERS}] }}}}"
        yield "RETRIES", _RETRIES
    if flow.parameters:
        yield "START", flow.start
        yield "PARAMETERS", [parameter.name for parameter in flow.parameters]
        yield "MOST_OF_A_VARIABLE", _MOST_OF_A_VARIABLE
    if events := event_fields(flow):
        yield "EVENTS", events
    yield "DOCS", about_steps(flow)
    yield from compute.constants.items()
    if _has_plan(options):
        yield "PLAN", plan


def _has_plan(options: CompileOptions) -> bool:
    """Whether tasks are told the plan; a job on AWS has no room for it beside its command."""
    return options.package is None and options.airflow.compute is not AirflowCompute.BATCH


def _dag(dag: Dag, flow: Flow, options: CompileOptions, *, is_first: bool) -> dict[str, list[str]]:
    arguments = dag_arguments(flow, options, dag.dag_id, is_first=is_first)
    return {
        "arguments": [
            f"{name}={written(value, 4, len(name) + 1, 1)}" for name, value in arguments.items()
        ],
        "statements": [assignment(each.variable, each.call, 4) for each in dag.statements],
    }
