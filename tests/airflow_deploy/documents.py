"""Compiled documents as the target writes them, for what only looks at their outside."""

from __future__ import annotations

from typing import Any

HEAD = '"""{flow}, as flowc 0.1.0 compiles it for Airflow 2.11 and later.\n"""\n'


def text(*dags: str, store: str = "", more: str = "", flow: str = "TrainFlow") -> str:
    """A DAG file with these DAGs."""
    calls = "".join(f'DAG(dag_id="{dag}", schedule=None)\n' for dag in dags)
    return f"{HEAD.format(flow=flow)}STORE = {store!r}\n{calls}{more}"


def document(*dags: str, more: str = "") -> dict[str, Any]:
    """The document of a flow with these DAGs, its own first."""
    return {
        "dagFile": {"name": f"{dags[0]}.py", "text": text(*dags, more=more)},
        "dags": [{"id": dag} for dag in dags],
    }
