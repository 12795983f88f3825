"""What an Airflow server has, as values that do not depend on its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Dag:
    """A DAG that is in a file; `token` is what the server calls the file.

    Since Airflow 3 a file is in a bundle, `inside` being its path there; both are empty before.
    """

    id: str
    file: str
    token: str
    is_paused: bool
    tags: frozenset[str]
    bundle: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a DAG: its schema, and the default, which is None without one."""

    schema: Mapping[str, Any]
    default: Any = None

    @property
    def types(self) -> frozenset[str]:
        """The names of its types; none if it may be anything."""
        found = self.schema.get("type") or ()
        return frozenset({found} if isinstance(found, str) else found)

    @property
    def is_open(self) -> bool:
        """Whether it has no value unless a run is given one, or may have none."""
        return self.default is None and "null" not in self.types

    @property
    def is_required(self) -> bool:
        """Whether Airflow starts no run without a value of it, for certain."""
        return self.is_open and bool(self.types)


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """Why a file could not be imported; the bundle is empty before Airflow 3."""

    file: str
    text: str
    bundle: str = ""

    def is_of(self, dag: Dag) -> bool:
        """Whether it is about the very file of a DAG."""
        if self.bundle and dag.bundle and dag.inside:
            return (self.bundle, self.file) == (dag.bundle, dag.inside)
        return self.file in {dag.file, dag.inside}


@dataclass(frozen=True, slots=True)
class DagRun:
    """A run of a DAG; times are in seconds since 1970.

    `oldest` and `newest` are of all times that it has: it was made about then, or between them.
    """

    dag: str
    run: str
    state: str
    started: float
    ended: float | None
    conf: Mapping[str, Any]
    note: str
    oldest: float
    newest: float


@dataclass(frozen=True, slots=True)
class TaskInstance:
    """A task of a run, `number` being its last attempt from 1, and `most` what it may have more.

    `fields` are those of the operator that Airflow has rendered.
    """

    task: str
    index: int
    state: str
    operator: str
    number: int
    most: int
    fields: Mapping[str, Any]
