"""What the file imports of Airflow: as Airflow 3 has it, and where Airflow 2 has the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowc.targets.airflow.python_text import LINE

_EXCEPTIONS = ("AirflowException", "AirflowFailException", "AirflowSkipException")

# In the order in which a linter wants them.
_IN_AIRFLOW_2 = {
    "DAG": "from airflow import DAG",
    "Asset": "from airflow.datasets import Dataset as Asset",
    "AssetAll": "from airflow.datasets import DatasetAll as AssetAll",
    "AssetAny": "from airflow.datasets import DatasetAny as AssetAny",
    "task": "from airflow.decorators import task",
    "BaseOperator": "from airflow.models.baseoperator import BaseOperator",
    "Param": "from airflow.models.param import Param",
    "AssetOrTimeSchedule": "from airflow.timetables.datasets import DatasetOrTimeSchedule",
}
_TIMETABLES = ("AssetOrTimeSchedule",)
_INDENT = 4


def in_airflow_3(names: Iterable[str]) -> Iterator[str]:
    """The statements that import these names where Airflow is 3, but for exceptions."""
    asked = set(names).difference(_EXCEPTIONS)
    yield _statement("airflow.sdk", asked.difference(_TIMETABLES))
    if timetables := asked.intersection(_TIMETABLES):
        yield _statement("airflow.timetables.assets", timetables)


def in_airflow_2(names: Iterable[str]) -> Iterator[str]:
    """The statements that import the same from Airflow 2."""
    asked = set(names)
    yield from (statement for name, statement in _IN_AIRFLOW_2.items() if name in asked)


def exceptions(names: Iterable[str], module: str) -> str:
    """The statement that imports the exceptions among these names."""
    return _statement(module, set(names).intersection(_EXCEPTIONS))


def _statement(module: str, names: Iterable[str]) -> str:
    """The statement as formatters write it in an indented block, the names in a linter's order."""
    ordered = sorted(names, key=_rank)
    flat = f"from {module} import {', '.join(ordered)}"
    if _INDENT + len(flat) <= LINE:
        return flat
    inner = "".join(f"\n{' ' * _INDENT * 2}{name}," for name in ordered)
    return f"from {module} import ({inner}\n{' ' * _INDENT})"


def _rank(name: str) -> tuple[int, str]:
    """Constants come before classes, and those before all else."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
