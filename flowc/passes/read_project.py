"""Reads `@project`: which deployments of a flow belong together."""

from __future__ import annotations

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow, Unknown
from flowc.ir.project import VALID_NAME, Project
from flowc.passes import project_problems as problems
from flowc.passes.flow_arguments import Arguments, named, shown

_ARGUMENTS = ("branch", "name", "production")


def read_project(flow: Flow) -> tuple[Project | None, list[Diagnostic]]:
    """The flow's project; None if it has none, or if its name or branch is wrong."""
    for decorator in named(flow, "project"):
        arguments = Arguments(decorator, _ARGUMENTS)
        name, branch = _name(arguments), _branch(arguments)
        production = arguments.flag("production")
        project = Project(name, decorator.span, branch, production) if name else None
        return project, arguments.diagnostics
    return None, []


def _name(arguments: Arguments) -> str | None:
    decorator, name = arguments.decorator, arguments.given("name")
    if isinstance(name, Unknown):
        arguments.unknown("name", name)
        return None
    if isinstance(name, str) and VALID_NAME.fullmatch(name):
        return name
    # One that is given without `name=` is told for that.
    if not decorator.positional:
        given = "" if name is None else shown(name)
        arguments.found(problems.invalid_project_name(decorator.at("name"), given))
    return None


def _branch(arguments: Arguments) -> str | None:
    branch = arguments.text("branch")
    if branch and not VALID_NAME.fullmatch(branch):
        here = arguments.decorator.at("branch")
        arguments.found(problems.invalid_branch_name(here, shown(branch)))
    return branch
