"""A process under Airflow's own Python that runs DAG files by `dag.test()`.

Each line that it reads is a request in JSON, each line that it writes an answer:

    {"file": F, "dag": ID, "conf": {…},   runs a DAG of a file in the folder of DAGs to its end, and
     "passed": PATTERN}                   takes for done the tasks whose ids the pattern matches:
                                          {"run": ID, "state": S, "tasks": […]}
    {"folder": D}                         reads all DAG files of a folder:
                                          {"dags": [ID, …], "errors": {FILE: TRACEBACK}}

A task is `{"task": ID, "index": I, "state": S, "tries": N, "began": T, "ended": T}`. What goes
wrong in another manner is `{"raised": TRACEBACK}`. All else that is printed goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAGS = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])


def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
    if "folder" in request:
        bag = _read(Path(request["folder"]))
        return {"dags": sorted(bag.dags), "errors": bag.import_errors}
    bag = _read(Path(request["file"]))
    if bag.import_errors:
        return {"raised": "\n".join(bag.import_errors.values())}
    ended = bag.dags[request["dag"]].test(
        run_conf=request["conf"], mark_success_pattern=request["passed"] or None
    )
    tasks = [_task(each) for each in ended.get_task_instances()]
    return {"run": ended.run_id, "state": str(ended.state), "tasks": tasks}


def _read(file: Path) -> Any:
    try:
        from airflow.dag_processing.dagbag import BundleDagBag
    except ImportError:  # Airflow 2
        from airflow.models import DagBag

        return DagBag(str(file), include_examples=False)
    return BundleDagBag(str(file), bundle_path=_DAGS, bundle_name="dags-folder")


def _task(instance: Any) -> Mapping[str, object]:
    return {
        "task": instance.task_id,
        "index": instance.map_index,
        "state": str(instance.state),
        "tries": instance.try_number,
        "began": _seconds(instance.start_date),
        "ended": _seconds(instance.end_date),
    }


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0


def serve(answers: TextIO) -> None:
    for line in sys.stdin:
        try:
            told = answer(json.loads(line))
        except BaseException:  # noqa: BLE001 (whoever asked is told, whatever it is)
            told = {"raised": traceback.format_exc()}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "w")
    # What Airflow and its tasks print must not come between the answers.
    os.dup2(2, 1)
    serve(own)
    # Taking Airflow apart again is of no use to anybody.
    os._exit(0)
