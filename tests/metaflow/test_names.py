"""Names of deployments and events are those that Metaflow makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from typing import Any

from flowc.diagnostics import Span
from flowc.ir.events import Event, event_name
from flowc.ir.project import VALID_NAME, Project, branch_name, project_flow_name

HERE = Span("flow.py")
NAMES = ["", "A", "a b", "a.b", "a-b", "ä", "a\n", "p_1", "a" * 128, "a" * 129]
PROJECTS = list(product(["a", "p_1"], [None, "", "b", "release_2"], [None, False, True]))
EVENTS = [("a", "", ""), ("a", "p", ""), ("a.b-c", "p_1", "prod"), ("a", "p", "user.b@b c")]

METAFLOW = """
import json, sys
from metaflow.exception import MetaflowException
from metaflow.plugins.namespaced_events import _make_namespaced_event_name
from metaflow.plugins.project_decorator import format_name

def named(project, branch, production):
    try:
        return format_name("TrainFlow", project, production, branch, "bob")
    except MetaflowException:
        return None

asked = json.load(sys.stdin)
json.dump({
    "projects": [named(*words) for words in asked["projects"]],
    "names": [named(name, None, False) is not None for name in asked["names"]],
    "events": [_make_namespaced_event_name(*words) for words in asked["events"]],
    "branches": [named("a", name, False) is not None for name in asked["names"]],
}, sys.stdout)
"""


def metaflow(**asked: Any) -> dict[str, Any]:
    own = {name: value for name, value in os.environ.items() if "METAFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", METAFLOW],
        input=json.dumps(asked),
        env=own,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_names_are_those_of_metaflow() -> None:
    found = metaflow(projects=PROJECTS, names=NAMES, events=EVENTS)

    projects = [Project(name, HERE, branch, made) for name, branch, made in PROJECTS]
    assert found["projects"] == [
        [project_flow_name(each, "TrainFlow", "bob"), branch_name(each, "bob")] for each in projects
    ]
    valid = [bool(VALID_NAME.fullmatch(name)) for name in NAMES]
    assert found["names"] == valid
    assert found["branches"] == [not name or fits for name, fits in zip(NAMES, valid, strict=True)]
    assert found["events"] == [
        event_name(Event(name, {}, namespaced=True), *around) for name, *around in EVENTS
    ]
