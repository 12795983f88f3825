"""What Airflow calls a deployment."""

from __future__ import annotations

import re

from flowc.ir.flow import Flow
from flowc.names import shortened

# https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html
_ID_LIMIT = 250

# Loops' DAGs have the name of a step after that of the flow's.
_OWN_LIMIT = 150
VALID_ID = re.compile(rf"[A-Za-z0-9_.-]{{1,{_OWN_LIMIT}}}")
_ODD_LETTERS = re.compile(r"[^A-Za-z0-9_.-]")


def dag_id_of(flow: Flow, chosen: str) -> str:
    """The id of the flow's DAG: the one that was chosen, or that of the flow in its project."""
    return chosen or shortened(
        ".".join(filter(None, (*project_words(flow), flow.name))), _OWN_LIMIT
    )


def project_words(flow: Flow) -> tuple[str, str]:
    """The flow's project and branch, empty without one."""
    if flow.project is None:
        return "", ""
    from flowc.ir.project import branch_name  # noqa: PLC0415 (few flows are of a project)

    # Users have names of all letters, and DAGs have not.
    return flow.project.name, branch_name(flow.project, _ODD_LETTERS.sub("", flow.project.user))


def file_name(dag_id: str) -> str:
    """What the file is called in Airflow's folder of DAGs."""
    return f"{dag_id}.py"
