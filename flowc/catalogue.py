"""Every code that flowc can report, with its page."""

from __future__ import annotations

from difflib import get_close_matches
from types import ModuleType

from flowc.diagnostics import Code
from flowc.errors import UsageError
from flowc.lint.table import RULES
from flowc.package import problems as package
from flowc.passes import (
    decorator_problems,
    exit_hook_problems,
    project_problems,
    runtime_problems,
    schedule_problems,
    sensor_problems,
    structure_problems,
    trigger_problems,
)
from flowc.syntax import config_problems, placement_problems
from flowc.syntax import problems as syntax
from flowc.targets.airflow import compute_problems as airflow_compute
from flowc.targets.airflow import problems as airflow
from flowc.targets.airflow import start_problems as airflow_starts
from flowc.targets.argo import problems as argo
from flowc.targets.kubeflow import problems as kubeflow
from flowc.targets.step_functions import compute_problems, history_problems, start_problems
from flowc.targets.step_functions import problems as step_functions

_PROBLEMS = (
    *(syntax, config_problems, placement_problems),
    *(structure_problems, decorator_problems, schedule_problems, project_problems),
    *(trigger_problems, exit_hook_problems, sensor_problems, runtime_problems, package, argo),
    *(step_functions, compute_problems, history_problems, start_problems, airflow, airflow_starts),
    *(airflow_compute, kubeflow),
)


def all_codes() -> tuple[Code, ...]:
    """All codes, sorted."""
    raised = [code for module in _PROBLEMS for code in _codes_in(module)]
    return tuple(sorted([*RULES, *raised], key=lambda code: code.code))


def find_code(wanted: str) -> Code:
    """The code of that number or name; a `UsageError` tells a near one if there is none."""
    codes = {code.code: code for code in all_codes()}
    names = {code.name: code for code in codes.values()}
    found = codes.get(wanted.upper()) or names.get(wanted.lower())
    if found:
        return found
    near = get_close_matches(wanted.upper(), codes, 1) + get_close_matches(wanted, names, 1)
    advice = f"; {near[0]} comes near" if near else ""
    raise UsageError(f"there is no rule `{wanted}`{advice}; `flowc rule` lists all")


def _codes_in(module: ModuleType) -> list[Code]:
    return [entry for entry in vars(module).values() if isinstance(entry, Code)]
