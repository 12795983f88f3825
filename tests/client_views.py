"""What Metaflow's Client says of runs in a folder, and as far as it is the same for equal runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORKER = Path(__file__).parent / "metaflow" / "client_worker.py"
# Metaflow sets an artifact with the name of the flow.
ONLY_METAFLOW = {"name"}


def views(folder: Path, pathspecs: Sequence[str]) -> list[Mapping[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(WORKER)],
        cwd=folder,
        input=json.dumps(pathspecs),
        env={**os.environ, "METAFLOW_USER": "ada"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[Mapping[str, Any]] = json.loads(done.stdout)
    return found


def comparable(view: Mapping[str, Any]) -> tuple[object, ...]:
    """A view without what differs from run to run; tasks by their place in foreaches."""
    tasks = view["tasks"]
    return (
        view["successful"],
        view["finished"],
        place(view["end"].split("/", 2)[2], tasks),
        without_own(view["parameters"]),
        without_own(view["data"]),
        Counter(json.dumps(task_of(name, tasks), sort_keys=True) for name in tasks),
    )


def task_of(name: str, tasks: Mapping[str, Any]) -> Mapping[str, Any]:
    view = tasks[name]
    facts = ("attempt", "attempt_ok", "attempt-done", "foreach-stack", "foreach-execution-path")
    return {
        **{key: view[key] for key in ("successful", "finished", "exception", "index", "attempt")},
        "place": place(name, tasks),
        "artifacts": without_own(view["artifacts"]),
        "parents": sorted(place(each, tasks) for each in view["parents"]),
        "children": sorted(place(each, tasks) for each in view["children"]),
        "facts": [view["facts"].get(fact) for fact in facts],
        "stdout": view["stdout"],
    }


def place(name: str, tasks: Mapping[str, Any]) -> str:
    step = name.partition("/")[0]
    return f"{step} {tasks[name]['facts'].get('foreach-execution-path', '')}"


def without_own(found: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in found.items() if name not in ONLY_METAFLOW}
