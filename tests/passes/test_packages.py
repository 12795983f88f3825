"""Which packages all steps need, and what is wrong with how a flow says it."""

from __future__ import annotations

import pytest
from passes.flows import codes, decorated

from flowc.ir.flow import Unknown
from flowc.ir.packages import Installer, Packages

READ = {
    "@conda_base": ({}, "", False),
    "@conda_base(packages={'a': '1.0', 'b': 2}, python=3.9)": (
        {"a": "1.0", "b": "2"},
        "3.9",
        False,
    ),
    "@conda_base(libraries={'a': '1', 'b': '1'}, packages={'b': '2'})": (
        {"a": "1", "b": "2"},
        "",
        False,
    ),
    "@conda_base(packages={'conda-forge::a': '>=1'}, disabled=True)": (
        {"conda-forge::a": ">=1"},
        "",
        True,
    ),
    "@pypi_base(packages={'a': ''}, python='3.11.5', disabled=None)": ({"a": ""}, "3.11.5", False),
}


@pytest.mark.parametrize("decorator", READ)
def test_packages_are_read(decorator: str) -> None:
    flow, found = decorated(decorator)
    (packages,) = flow.packages
    installer = Installer.CONDA if "conda_base" in decorator else Installer.PYPI

    assert found == []
    assert packages == Packages(installer, READ[decorator][0], packages.span, *READ[decorator][1:])


def test_both_may_stand_above_a_flow() -> None:
    flow, found = decorated("@conda_base(packages={'a': '1'})\n@pypi_base(packages={'b': '1'})")

    assert found == []
    assert [each.installer for each in flow.packages] == [Installer.CONDA, Installer.PYPI]


WRONG = {
    "@conda_base(packages=['a'])": ["FC301"],
    "@conda_base(packages={'a': None})": ["FC301"],
    "@conda_base(packages={'a': ['1']})": ["FC301"],
    "@conda_base(libraries='a')": ["FC301"],
    "@conda_base(python=[3, 9])": ["FC301"],
    "@conda_base(disabled='yes')": ["FC301"],
    "@conda_base(channels=['a'])": ["FC302"],
    "@pypi_base(packages={'a': 1.0})": ["FC301"],
    "@pypi_base(python=3.9)": ["FC301"],
    "@pypi_base(libraries={'a': '1'})": ["FC302"],
}


@pytest.mark.parametrize("decorator", WRONG)
def test_what_is_wrong_is_told(decorator: str) -> None:
    assert codes(decorator) == WRONG[decorator]


def test_what_only_running_would_tell_is_kept_as_it_is_written() -> None:
    flow, found = decorated(
        "@conda_base(packages=make(), libraries={'a': '1'}, python=version(), disabled=off())"
    )
    (packages,) = flow.packages

    assert found == []
    unknown = (packages.packages, packages.python, packages.disabled)
    assert [each.text for each in unknown if isinstance(each, Unknown)] == [
        "make()",
        "version()",
        "off()",
    ]
