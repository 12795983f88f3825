"""Emits a file of Python with the DAGs of a flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowc import __version__
from flowc.diagnostics import Diagnostic, failed, in_order
from flowc.ir.flow import Flow
from flowc.ir.plan import digest, render_plan
from flowc.ir.region import Foreach, Loop, Region, Switch, Task, walk
from flowc.targets.airflow.check import check
from flowc.targets.airflow.compute import Compute, compute_of
from flowc.targets.airflow.dags import Dag, Dags
from flowc.targets.airflow.flow_dag import dag_arguments
from flowc.targets.airflow.naming import dag_id_of, file_name
from flowc.targets.airflow.policy import attempts, seconds_at_most
from flowc.targets.airflow.python_text import Expression, assignment, written
from flowc.targets.airflow.template import render
from flowc.targets.gangs import members
from flowc.targets.target import CompileOptions, Manifest, Target

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
        arguments = _Arguments(flow, compute, members(flow))
        dags = Dags(flow, dag_id_of(flow, options.name), arguments).made()
        text = _file(flow, options, compute, dags)
        name = file_name(dags[0].dag_id)
        document = {
            "dagFile": {"name": name, "text": text},
            "dags": [{"id": dag.dag_id} for dag in dags],
        }
        return Manifest((document,), text, {name: text}), in_order(found)


TARGET: Target = Airflow()


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What the task of a step is told, whatever the place it stands at."""

    flow: Flow
    compute: Compute
    members: frozenset[str]

    def __call__(self, step: str) -> Mapping[str, Expression]:
        asked = self.flow.steps[step]
        is_loop = step in asked.next_steps
        is_member = step in self.members
        seconds = seconds_at_most(asked, is_member=is_member, is_loop=is_loop)
        return {
            **attempts(asked.policy),
            **self.compute.arguments(asked, seconds=seconds, is_member=is_member),
        }


def _file(flow: Flow, options: CompileOptions, compute: Compute, dags: tuple[Dag, ...]) -> str:
    plan = render_plan(flow)
    regions = tuple(walk(flow.body))
    has_lists = any(isinstance(region, Foreach | Switch | Loop) for region in regions)
    return render(
        "dag.py.jinja",
        flow=flow.name,
        version=__version__,
        digest=digest(plan),
        compute=compute.template,
        constants=[assignment(*each) for each in _constants(flow, options, compute, plan)],
        has_plan=options.package is None,
        has_parameters=bool(flow.parameters),
        has_lists=has_lists,
        sdk_names=_sdk_names(flow, compute, has_lists=has_lists),
        has_loops=any(map(_is_long_loop, regions)),
        dags=[_dag(dag, flow, options, is_first=dag is dags[0]) for dag in dags],
    )


def _sdk_names(flow: Flow, compute: Compute, *, has_lists: bool) -> list[str]:
    """What the file imports of Airflow's own, in order."""
    lists = ["task"] if has_lists else []
    # The operators of providers are made from others.
    own = ["BaseOperator"] if compute.template == "worker" else []
    return ["DAG", *own, *(["Param"] if flow.parameters else []), *lists]


def _constants(
    flow: Flow, options: CompileOptions, compute: Compute, plan: str
) -> Iterator[tuple[str, Expression]]:
    dag_id = dag_id_of(flow, options.name)
    yield "STORE", options.store
    yield "RUN_PREFIX", "airflow-" if dag_id == flow.name else f"airflow-{dag_id}-"
    yield "MAX_WORKERS", options.max_workers
    if any(isinstance(region, Foreach | Switch | Loop) for region in walk(flow.body)):
        yield "MOST_TASKS", _MOST_TASKS
        yield "PATH", "{{ task.path }}"
    if flow.parameters:
        yield "START", flow.start
        yield "PARAMETERS", [parameter.name for parameter in flow.parameters]
    yield from compute.constants.items()
    if options.package is None:
        yield "PLAN", plan


def _is_long_loop(region: Region) -> bool:
    match region:
        case Loop(_, _, (Task(),)):
            return False
        case Loop():
            return True
        case _:
            return False


def _dag(dag: Dag, flow: Flow, options: CompileOptions, *, is_first: bool) -> dict[str, list[str]]:
    arguments = dag_arguments(flow, options, dag.dag_id, is_first=is_first)
    return {
        "arguments": [
            f"{name}={written(value, 4, len(name) + 1, 1)}" for name, value in arguments.items()
        ],
        "statements": [assignment(each.variable, each.call, 4) for each in dag.statements],
    }
