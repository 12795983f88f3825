"""Which packages from PyPI a step runs with, and where its plan says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowc.driver import structure
from flowc.ir.flow import Runtime
from flowc.ir.plan import render_plan
from flowc.syntax.source import Source

FLOW = """from metaflow import *
from elsewhere import known_later

{above}
class TestFlow(FlowSpec):
    {first}
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def compiled(
    first: str, above: str = "", runtime: Runtime | None = None
) -> tuple[dict[str, Any], set[str]]:
    """The plan of a flow whose first step is decorated, and the codes of what was found."""
    source = Source("flow.py", FLOW.format(first=first, above=above))
    flow, found = structure(source, runtime=runtime)
    assert flow is not None, found
    return json.loads(render_plan(flow)), {each.code for each in found}


def packages(first: str, above: str = "", runtime: Runtime | None = None) -> list[Any]:
    """What the plan says of the packages of the first step, and of the last one."""
    plan, _ = compiled(first, above, runtime)
    return [plan["steps"][step].get("packages") for step in ("start", "end")]


def test_the_packages_of_a_step_are_in_its_plan() -> None:
    assert packages("@pypi(packages={'six': '1.16.0'}, python='3.11')") == [
        {"pypi": {"six": "1.16.0"}, "python": "3.11"},
        None,
    ]


def test_those_of_the_flow_are_those_of_each_step() -> None:
    six = {"pypi": {"six": "1.16.0"}}

    assert packages("", "@pypi_base(packages={'six': '1.16.0'})") == [six, six]


def test_a_step_has_the_last_word() -> None:
    assert packages(
        "@pypi(packages={'six': '1.17.0', 'idna': ''}, python='3.12')",
        "@pypi_base(packages={'six': '1.16.0', 'attrs': '>=23'}, python='3.11')",
    ) == [
        {"pypi": {"attrs": ">=23", "idna": "", "six": "1.17.0"}, "python": "3.12"},
        {"pypi": {"attrs": ">=23", "six": "1.16.0"}, "python": "3.11"},
    ]


@pytest.mark.parametrize(
    ("first", "above", "expected"),
    [
        ("@pypi(packages={'six': '1'}, disabled=True)", "", [None, None]),
        ("@pypi", "", [None, None]),
        ("@pypi(packages={'six': '1'})", "@pypi_base(disabled=True)", [None, None]),
        (
            "@pypi(disabled=False)",
            "@pypi_base(packages={'six': '1'}, disabled=True)",
            [{"pypi": {"six": "1"}}, None],
        ),
        (
            "@pypi(disabled=True)",
            "@pypi_base(packages={'six': '1'})",
            [None, {"pypi": {"six": "1"}}],
        ),
    ],
)
def test_an_environment_can_be_disabled(first: str, above: str, expected: list[Any]) -> None:
    assert packages(first, above) == expected


@pytest.mark.parametrize(
    ("first", "above"),
    [
        ("@pypi(packages={'six': '1.16.0'})", ""),
        ("@pypi(packages={'six': '1.16.0'})", "@pypi_base(python='3.11')"),
        ("", "@pypi_base(packages={'six': '1.16.0'})"),
    ],
)
def test_packages_that_are_known_need_no_metaflow(first: str, above: str) -> None:
    plan, codes = compiled(first, above)

    assert "runtime" not in plan
    assert not codes


UNTOLD = [
    ("@pypi(packages=known_later)", ""),
    ("@pypi(packages={'six': known_later})", ""),
    ("@pypi(packages={'six': '1'}, python=known_later)", ""),
    ("@pypi(packages={'six': '1'}, disabled=known_later)", ""),
    ("@pypi(**known_later)", ""),
    ("@pypi(packages={'six': '1'})", "@pypi_base(packages=known_later)"),
    ("@pypi(packages={'six': '1'})", "@pypi_base(python=known_later)"),
    ("@pypi(packages={'six': '1'})", "@pypi_base(**known_later)"),
]


@pytest.mark.parametrize(("first", "above"), UNTOLD)
def test_what_only_running_would_tell_needs_metaflow(first: str, above: str) -> None:
    plan, codes = compiled(first, above)

    assert plan["runtime"] == "metaflow"
    assert codes == {"FC350"}


@pytest.mark.parametrize(("first", "above"), UNTOLD)
def test_nothing_is_made_of_what_is_half_known(first: str, above: str) -> None:
    assert packages(first, above, Runtime.NATIVE) == [None, None]


def test_a_step_under_metaflow_has_its_packages_too() -> None:
    plan, _ = compiled("@pypi(packages={'six': '1.16.0'})", runtime=Runtime.METAFLOW)

    assert plan["environment"] == "pypi"
    assert plan["steps"]["start"]["packages"] == {"pypi": {"six": "1.16.0"}}


def test_metaflow_makes_environments_of_conda_by_itself() -> None:
    plan, _ = compiled("@pypi(packages={'six': '1.16.0'})", "@conda_base(python='3.11')")

    assert plan["environment"] == "conda"
    assert "packages" not in plan["steps"]["start"]


def test_conda_needs_metaflow() -> None:
    plan, codes = compiled("@conda(packages={'six': '1.16.0'})")

    assert plan["runtime"] == "metaflow"
    assert codes == {"FC350"}
