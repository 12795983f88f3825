"""`current` beside Metaflow's: each field that Metaflow has is here, or there is a reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowc.runtime.current import Current

# Metaflow imports a module of PyYAML's by its old name.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# What stands in for a missing field, by what `current` says of it.
MISSING = {
    "card": "only Metaflow's own runtime",
    "spot_termination_notice": "nothing watches",
    "trigger": "no event has started the run",
}
OF_PROJECT = {
    "branch_name",
    "is_production",
    "is_user_branch",
    "project_flow_name",
    "project_name",
}
OF_TASKS = {"graph", "graph_info", "parameter_names"}


def metaflows() -> set[str]:
    """The fields of Metaflow's `current`: its own, and those that decorators and tasks add."""
    import metaflow

    root = Path(metaflow.__file__).parent
    added: set[str] = set()
    for file in root.rglob("*.py"):
        if "_vendor" in file.parts:
            continue
        for update in re.finditer(r"_update_env\(\s*\{(.*?)\}\s*\)", file.read_text(), re.DOTALL):
            added.update(re.findall(r'"(\w+)":', update[1]))
    own = {name for name in vars(type(metaflow.current)) if not name.startswith("_")}
    return {*own, *added, "parallel"}


def test_each_field_of_metaflows_is_accounted_for() -> None:
    flowcs = {*vars(Current), *vars(Current())}

    assert metaflows() - flowcs == {*MISSING, *OF_PROJECT, *OF_TASKS - {"graph"}}


@pytest.mark.parametrize("name", sorted(MISSING))
def test_a_missing_field_says_why(name: str) -> None:
    with pytest.raises(AttributeError, match=f"`current.{name}` does not exist: {MISSING[name]}"):
        getattr(Current(), name)


def test_outside_of_a_task_there_is_nothing() -> None:
    from metaflow.metaflow_current import Current as MetaflowsCurrent

    current, of_metaflow = Current(), MetaflowsCurrent()
    # Metaflow has none outside of a task.
    of_metaflow._tags = set()

    for name in sorted({name for name in vars(type(of_metaflow)) if not name.startswith("_")}):
        if name in vars(Current) and name not in {"get", "graph", "task", "run", "tempdir"}:
            assert getattr(current, name) == getattr(of_metaflow, name), name
    with pytest.raises(RuntimeError, match="Graph is not available"):
        _ = current.graph
    assert "project_name" not in current
    assert current.get("trigger", 1) == 1
