"""What `@project` says, and what is wrong with it."""

from __future__ import annotations

import pytest
from passes.flows import codes, decorated

from flowc.ir.project import Project


def test_a_project_has_what_its_decorator_says() -> None:
    flow, found = decorated("@project(name='a_1', branch='b', production=True)")

    assert found == []
    assert isinstance(flow.project, Project)
    assert (flow.project.name, flow.project.branch, flow.project.production) == ("a_1", "b", True)
    assert flow.project.span.line == 4


def test_what_is_left_out_is_left_to_the_command_line() -> None:
    flow, _ = decorated("@project(name='a')")

    assert flow.project
    assert (flow.project.branch, flow.project.production) == (None, None)


@pytest.mark.parametrize(
    ("decorator", "code"),
    [
        ("@project", "FC314"),
        ("@project(name='A')", "FC314"),
        ("@project(name=make())", "FC401"),
        ("@project(name='a', branch='B')", "FC331"),
        ("@project(name='a', branch=3)", "FC301"),
        ("@project(name='a', branch=make())", "FC401"),
        ("@project(name='a', production='yes')", "FC301"),
        ("@project(name='a', owner='me')", "FC302"),
    ],
)
def test_what_is_wrong_is_told(decorator: str, code: str) -> None:
    assert codes(decorator) == [code]


def test_a_finding_stands_at_its_argument() -> None:
    _, (found,) = decorated("@project(\n    name='a',\n    branch='B',\n)")

    assert (found.span.line, found.span.column) == (6, 5)
