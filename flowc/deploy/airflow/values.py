"""What an Airflow server has, as values that do not depend on its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Dag:
    """A DAG that is in a file; `token` is what the server calls the file."""

    id: str
    file: str
    token: str
    is_paused: bool
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """Why a file could not be imported; the time is a new one each time that was tried."""

    file: str
    text: str
    time: str


@dataclass(frozen=True, slots=True)
class DagRun:
    """A run of a DAG; times are in seconds since 1970."""

    dag: str
    run: str
    state: str
    started: float
    ended: float | None
    conf: Mapping[str, Any]
    note: str


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
