"""What the operators of DAG files would start, told by Airflow's own Python.

`python built.py FILE…` prints `{FILE: {TASK: WHAT}}` in JSON: of a pod what the API of Kubernetes
is sent. A mapped task is told for the path `t.0`. Each DAG is also written as the scheduler has it,
and read back.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from worker import _read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def built(file: str) -> Iterator[tuple[str, Any]]:
    bag = _read(Path(file))
    assert not bag.import_errors, bag.import_errors
    for dag in bag.dags.values():
        reread(dag)
        for task in dag.tasks:
            if task.task_type == "Step":
                step = (
                    task.unmap({"path": "t.0"}) if type(task).__name__ == "MappedOperator" else task
                )
                yield task.task_id, started(step, context_of(step, dag))


def reread(dag: Any) -> None:
    try:
        from airflow.serialization.serialized_objects import DagSerialization as Serialization
    except ImportError:  # Airflow 2
        from airflow.serialization.serialized_objects import SerializedDAG as Serialization
    text = json.dumps(Serialization.to_dict(dag))
    assert Serialization.from_dict(json.loads(text)).task_ids == dag.task_ids


def context_of(step: Any, dag: Any) -> Mapping[str, Any]:
    instance = SimpleNamespace(
        dag_id=dag.dag_id,
        task_id=step.task_id,
        map_index=-1,
        try_number=1,
        max_tries=step.retries,
    )
    run = SimpleNamespace(run_id="manual__1", conf={})
    params = defaultdict(lambda: "given")
    given = {"ti": instance, "dag_run": run, "run_id": run.run_id, "dag": dag, "params": params}
    # No event has started the run.
    return given | {"triggering_asset_events": {}, "triggering_dataset_events": {}}


def started(step: Any, context: Mapping[str, Any]) -> Any:
    from kubernetes.client import ApiClient

    step.pre_execute(context)
    return ApiClient().sanitize_for_serialization(step.build_pod_request_obj(context))


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "w")
    # What Airflow prints must not come before the answer.
    os.dup2(2, 1)
    json.dump({file: dict(built(file)) for file in sys.argv[1:]}, own)
