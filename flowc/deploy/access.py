"""What a command line says of the place that a flow is deployed to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _in_silence(_line: str) -> None:
    """For those to whom nobody listens."""


@dataclass(frozen=True, slots=True)
class Access:
    """What engines are told that have no environment variables of their own; empty is not said.

    `dags` is where Airflow's DAG files are, `airflow_url` its server. A DAG `is_paused` or not as
    asked; if nothing is asked, a new one is not, and another stays as it is. `seconds` bound the
    wait for an engine to take up what it was given; `tell` hears of it meanwhile.
    """

    flow: str = ""
    store: str = ""
    dags: str = ""
    airflow_url: str = ""
    is_paused: bool | None = None
    seconds: float = 600
    tell: Callable[[str], None] = _in_silence
