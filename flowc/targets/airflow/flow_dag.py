"""What a DAG is told besides its tasks."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.ir.flow import Flow
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
    own = _of_flow(flow) if is_first else _of_loop()
    return {
        "dag_id": dag_id,
        "schedule": None,
        # Runs of before the DAG was there are never asked for, so that any day will do.
        "start_date": Call("datetime", (2024, 1, 1), {"tzinfo": Name("timezone.utc")}),
        "catchup": False,
        "max_active_tasks": cap or _MOST_TASKS_OF_RUN,
        **own,
        "tags": ["flowc", f"flow:{flow.name}"],
        "default_args": {
            "owner": "flowc",
            "retries": 0,
            "retry_delay": timedelta(0),
            "trigger_rule": "none_failed",
        },
    }


def _of_flow(flow: Flow) -> Mapping[str, Expression]:
    params = parameters(flow)
    return {"params": params} if params else {}


def _of_loop() -> Mapping[str, Expression]:
    return {"is_paused_upon_creation": False, "max_active_runs": _MOST_RUNS}
