"""What `current` tells of the project and the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtime.conftest import Project

SOURCE = """
alpha = Parameter("alpha-1", default=1)

@step
def start(self):
    self.seen = {name: current.get(name) for name in (
        "project_name", "branch_name", "is_user_branch", "is_production", "project_flow_name",
        "parameter_names",
    )}
    self.types = {name: step["type"] for name, step in current.graph["steps"].items()}
"""


@pytest.mark.parametrize(
    ("project_entry", "expected"),
    [
        ({"name": "p"}, ("user.ada", False)),
        ({"name": "p", "branch": "test.x"}, ("test.x", False)),
        ({"name": "p", "branch": "prod", "production": True}, ("prod", True)),
    ],
)
def test_the_plan_tells_of_the_project(
    project: Project, project_entry: dict[str, object], expected: tuple[str, bool]
) -> None:
    branch, production = expected
    project.plan = {
        "project": {**project_entry, **({"user": True} if branch == "user.ada" else {})},
        "parameters": [{"name": "alpha-1", "attribute": "alpha", "kind": "int"}],
    }
    project.linear(SOURCE, "start")

    done = project.step("start", METAFLOW_USER="ada")

    assert done.returncode == 0, done.stderr
    assert project.artifact("seen", "start") == {
        "project_name": "p",
        "branch_name": branch,
        "is_user_branch": branch == "user.ada",
        "is_production": production,
        "project_flow_name": f"p.{branch}.F",
        "parameter_names": ["alpha"],
    }
    assert project.artifact("types", "start") == {"start": "end"}
