"""What the command line makes of a project; tests/metaflow holds its names to Metaflow's."""

from __future__ import annotations

import pytest

from flowc.diagnostics import Span
from flowc.errors import UsageError
from flowc.ir.project import Project, branch_name, chosen

HERE = Span("flow.py")


def test_the_command_line_completes_the_decorator() -> None:
    project = Project("a", HERE)

    assert branch_name(chosen(project), "bob") == "user.bob"
    assert branch_name(chosen(project, "x"), "bob") == "test.x"
    assert branch_name(chosen(project, production=True), "bob") == "prod"
    assert branch_name(chosen(project, "x", production=True), "bob") == "prod.x"
    assert branch_name(chosen(Project("a", HERE, "x", True), "x", production=True), "") == "prod.x"
    assert branch_name(chosen(Project("a", HERE, "x", True)), "bob") == "prod.x"


def test_only_a_user_has_no_branch() -> None:
    assert chosen(Project("a", HERE)).is_user_branch
    assert not chosen(Project("a", HERE), "x").is_user_branch
    assert not chosen(Project("a", HERE), production=True).is_user_branch


@pytest.mark.parametrize(
    ("project", "branch"),
    [(Project("a", HERE, "x"), "y"), (Project("a", HERE), "Not Valid")],
)
def test_the_command_line_cannot_name_another_branch(project: Project, branch: str) -> None:
    with pytest.raises(UsageError, match="--branch"):
        chosen(project, branch)


def test_the_command_line_cannot_make_production_of_what_is_none() -> None:
    with pytest.raises(UsageError, match="--production"):
        chosen(Project("a", HERE, production=False), production=True)
