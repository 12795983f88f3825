"""What Metaflow's Client says of runs: a list of pathspecs as JSON comes in, a list of views out.

The store is the folder `.metaflow` of the working directory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from metaflow import Flow, Run, Task, namespace

# At the end of the path, where the folder of this file does not pass for Metaflow.
sys.path.append(str(Path(__file__).parents[1]))

from stored import shown

View = dict[str, Any]


def main() -> None:
    namespace(None)
    json.dump([view(Run(pathspec)) for pathspec in json.load(sys.stdin)], sys.stdout)


def view(run: Run) -> View:
    latest = Flow(run.parent.id).latest_successful_run
    return {
        "successful": run.successful,
        "finished": run.finished,
        "end": run.end_task and run.end_task.pathspec,
        "ended": run.finished_at and run.finished_at.timestamp(),
        "created": run.created_at.timestamp(),
        "tags": sorted(run.tags),
        "latest": Flow(run.parent.id).latest_run.id,
        "latest_successful": latest and latest.id,
        "parameters": values(run["_parameters"].task),
        "data": run.data and {name: shown(getattr(run.data, name)) for name in names(run.data)},
        "tasks": {f"{step.id}/{task.id}": task_view(task) for step in run for task in step.tasks()},
    }


def task_view(task: Task) -> View:
    return {
        "successful": task.successful,
        "finished": task.finished,
        "exception": task.exception and shown(task.exception),
        "index": task.index,
        "artifacts": values(task),
        "sizes": {artifact.id: artifact.size for artifact in task if task.finished},
        "shas": {artifact.id: artifact.sha for artifact in task},
        "parents": sorted(map(named, task.parent_tasks)) if task.finished else [],
        "children": sorted(map(named, task.child_tasks)) if task.finished else [],
        "stdout": task.stdout,
        "stderr": task.stderr,
        "lines": [line for _, line in task.loglines("stdout")],
        "attempt": task.current_attempt,
        "facts": task.metadata_dict,
    }


def named(task: Task) -> str:
    return f"{task.parent.id}/{task.id}"


def names(artifacts: object) -> list[str]:
    return [name for name in dir(artifacts) if not name.startswith("_")]


def values(task: Task) -> dict[str, str]:
    return {artifact.id: shown(artifact.data) for artifact in task}


if __name__ == "__main__":
    main()
