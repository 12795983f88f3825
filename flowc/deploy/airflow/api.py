"""What is asked of an Airflow server, whatever version of its REST API it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flowc.deploy.airflow.http import Answer

# How many entries of a list are asked for at once: the most that a server gives, by its default.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of a task as Airflow counts it, from 1; -1 is the index of what is not mapped."""

    dag: str
    run: str
    task: str
    index: int
    number: int


class Api(Protocol):
    """The calls; each returns what was answered, right or wrong."""

    def dag(self, dag: str) -> Answer: ...

    def details(self, dag: str) -> Answer: ...

    def dags(self, tag: str, offset: int) -> Answer: ...

    def source(self, dag: str, token: str) -> Answer:
        """The text of its file, as it was read; the token is what the server calls the file."""

    def reparse(self, token: str) -> Answer: ...

    def import_errors(self, offset: int) -> Answer: ...

    def pause(self, dag: str, *, is_paused: bool) -> Answer: ...

    def trigger(self, dag: str, run: str, conf: Mapping[str, Any]) -> Answer: ...

    def run(self, dag: str, run: str) -> Answer: ...

    def runs(self, dag: str, limit: int, offset: int, prefix: str) -> Answer:
        """The newest first; of others than those with a prefix perhaps, where it is not known."""

    def fail(self, dag: str, run: str, note: str) -> Answer:
        """Mark a run as failed, which ends its tasks."""

    def tasks(self, dag: str, run: str, offset: int) -> Answer: ...

    def log(self, attempt: Attempt) -> Answer: ...

    def dag_page(self, dag: str) -> str:
        """Where the server shows a DAG."""

    def run_page(self, dag: str, run: str) -> str:
        """Where the server shows a run."""
