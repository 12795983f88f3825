"""What a DAG is told besides its tasks."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.ir.flow import Flow
from flowc.targets.airflow.labels import owner, tags
from flowc.targets.airflow.parameters import parameters
from flowc.targets.airflow.policy import timedelta
from flowc.targets.airflow.python_text import Call, Expression, Name
from flowc.targets.gangs import run_cap
from flowc.targets.target import CompileOptions

# Each round of a loop waits for the next one, and a run that is not started would keep all waiting.
_MOST_RUNS = 10_000

# What stands for no cap at all.
_MOST_TASKS_OF_RUN = 10_000


def dag_arguments(
    flow: Flow, options: CompileOptions, dag_id: str, *, is_first: bool
) -> Mapping[str, Expression]:
    """The arguments of `DAG`: of the flow's own, or of one that only a loop starts."""
    cap = run_cap(flow, options.max_workers)
    own = _of_flow(flow) if is_first else _of_loop(flow)
    return {
        "dag_id": dag_id,
        "schedule": None,
        # Runs of before the DAG was there are never asked for, so that any day will do.
        "start_date": Call("datetime", (2024, 1, 1), {"tzinfo": Name("timezone.utc")}),
        **(_starts(flow) if is_first else {}),
        "catchup": False,
        "max_active_tasks": cap or _MOST_TASKS_OF_RUN,
        **own,
        "tags": list[Expression](tags(flow, options)),
        "default_args": {
            "owner": owner(flow),
            "retries": 0,
            "retry_delay": timedelta(0),
            "trigger_rule": "none_failed",
        },
    }


def _of_flow(flow: Flow) -> Mapping[str, Expression]:
    params = parameters(flow)
    return {"doc_md": Name("__doc__"), **({"params": params} if params else {})}


def _starts(flow: Flow) -> Mapping[str, Expression]:
    if not flow.schedule and not flow.triggers:
        return {}
    from flowc.targets.airflow.starts import start_arguments  # noqa: PLC0415 (few flows have any)

    return start_arguments(flow)


def _of_loop(flow: Flow) -> Mapping[str, Expression]:
    return {
        "doc_md": f"A round of a loop of `{flow.name}`, whose runs start those of this DAG.",
        "is_paused_upon_creation": False,
        "max_active_runs": _MOST_RUNS,
    }
