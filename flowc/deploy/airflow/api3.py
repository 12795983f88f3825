"""The REST API of Airflow 3, by its own client.

The client takes no answer that lacks a field it knows, and servers older than it lack some; so it
sends what is asked, and its answers are read by flowc.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from airflow_client import client
from airflow_client.client.models.dag_patch_body import DAGPatchBody
from airflow_client.client.models.dag_run_mutable_states import DagRunMutableStates
from airflow_client.client.models.dag_run_patch_body import DAGRunPatchBody
from airflow_client.client.models.trigger_dag_run_post_body import TriggerDAGRunPostBody

from flowc.deploy.airflow.api import PAGE, Attempt
from flowc.deploy.airflow.http import TIMEOUT, Answer, retries

_LINES = "application/x-ndjson"


class Api3:
    """See `Api`."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        settings = client.Configuration(host=url, access_token=token or None, retries=retries())
        made = client.ApiClient(settings)
        self._dags = client.DAGApi(made)
        self._sources = client.DagSourceApi(made)
        self._parsing = client.DAGParsingApi(made)
        self._errors = client.ImportErrorApi(made)
        self._runs = client.DagRunApi(made)
        self._tasks = client.TaskInstanceApi(made)

    def dag(self, dag: str) -> Answer:
        return _read(self._dags.get_dag_without_preload_content, dag)

    def details(self, dag: str) -> Answer:
        return _read(self._dags.get_dag_details_without_preload_content, dag)

    def dags(self, tag: str, offset: int) -> Answer:
        asked = self._dags.get_dags_without_preload_content
        return _read(asked, tags=[tag], limit=PAGE, offset=offset)

    def source(self, dag: str, token: str) -> Answer:
        asked = self._sources.get_dag_source_without_preload_content
        return _read(asked, dag, accept="application/json")

    def reparse(self, token: str) -> Answer:
        return _read(self._parsing.reparse_dag_file_without_preload_content, token)

    def import_errors(self, offset: int) -> Answer:
        asked = self._errors.get_import_errors_without_preload_content
        return _read(asked, limit=PAGE, offset=offset)

    def pause(self, dag: str, *, is_paused: bool) -> Answer:
        asked = self._dags.patch_dag_without_preload_content
        return _read(asked, dag, DAGPatchBody(is_paused=is_paused), update_mask=["is_paused"])

    def trigger(self, dag: str, run: str, conf: Mapping[str, Any]) -> Answer:
        body = TriggerDAGRunPostBody(dag_run_id=run, conf=dict(conf), logical_date=None)
        return _read(self._runs.trigger_dag_run_without_preload_content, dag, body)

    def run(self, dag: str, run: str) -> Answer:
        return _read(self._runs.get_dag_run_without_preload_content, dag, run)

    def runs(self, dag: str, limit: int, offset: int, prefix: str) -> Answer:
        asked = self._runs.get_dag_runs_without_preload_content
        chosen = {"run_id_prefix_pattern": prefix} if prefix else {}
        return _read(asked, dag, limit=limit, offset=offset, order_by=["-id"], **chosen)

    def fail(self, dag: str, run: str, note: str) -> Answer:
        body = DAGRunPatchBody(state=DagRunMutableStates.FAILED, note=note)
        asked = self._runs.patch_dag_run_without_preload_content
        return _read(asked, dag, run, body, update_mask=["state", "note"])

    def tasks(self, dag: str, run: str, offset: int) -> Answer:
        asked = self._tasks.get_task_instances_without_preload_content
        return _read(asked, dag, run, limit=PAGE, offset=offset)

    def log(self, attempt: Attempt) -> Answer:
        asked = self._tasks.get_log_without_preload_content
        place = (attempt.dag, attempt.run, attempt.task, attempt.number)
        return _read(asked, *place, full_content=True, map_index=attempt.index, accept=_LINES)

    def dag_page(self, dag: str) -> str:
        return f"{self._url}/dags/{quote(dag, safe='')}"

    def run_page(self, dag: str, run: str) -> str:
        return f"{self.dag_page(dag)}/runs/{quote(run, safe='')}"


def _read(asked: Any, *given: Any, **named: Any) -> Answer:
    found = asked(*given, **named, _request_timeout=TIMEOUT)
    return Answer(found.status, found.read())
