"""A real Airflow at work: scheduler, DAG processor, triggerer and API, with a LocalExecutor.

    with running(install("3.3", tmp_path)) as live:
        shutil.copy("TrainFlow.py", live.airflow.dags)
        live.admit("TrainFlow")                       # it is known, and not paused
        run = live.trigger("TrainFlow", {"alpha": 2})
        ended = live.ended("TrainFlow", run)          # waits, but not for ever
        assert ended.state == "success", ended

`live.url` is the API's, on a free port, `live.request("GET", "/dags")` asks it for something below
`/api/v2`, or `/api/v1` of Airflow 2, as the user `admin` with the password `admin`. Whatever is in
`live.airflow.dags` is read within about two seconds, and so is what is written over it.
All its processes end with the context, or with the process that entered it.
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.installed import PASSWORD, USER, Airflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_COMPONENTS = Path(__file__).with_name("components.py")
_SECONDS = 600.0
_SETTINGS = {
    "core__parallelism": "12",
    "core__dagbag_import_timeout": "60",
    "api__workers": "1",
    "api__host": "127.0.0.1",
    "webserver__workers": "1",
    "webserver__web_server_host": "127.0.0.1",
    "scheduler__scheduler_idle_sleep_time": "0.2",
    "scheduler__scheduler_heartbeat_sec": "1",
    "scheduler__parsing_processes": "1",
    "scheduler__min_file_process_interval": "300",
    "scheduler__dag_dir_list_interval": "1",
    "scheduler__enable_health_check": "False",
    "dag_processor__parsing_processes": "1",
    "dag_processor__min_file_process_interval": "300",
    "dag_processor__refresh_interval": "1",
    "dag_processor__bundle_refresh_check_interval": "1",
    "triggerer__job_heartbeat_sec": "1",
    # SQLite has no locks on rows, by which a task and the scheduler would not queue the same one.
    "scheduler__schedule_after_task_execution": "False",
}


@dataclass(frozen=True, slots=True)
class Instance:
    """A task instance: its task and map index, and when it ran, in seconds."""

    task: str
    index: int
    state: str
    tries: int
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How a DAG run ended."""

    run: str
    state: str
    tasks: tuple[Instance, ...]

    def states(self) -> dict[tuple[str, int], str]:
        """The state of each task instance."""
        return {(each.task, each.index): each.state for each in self.tasks}


class Refused(Exception):  # noqa: N818 (the API's own word for it stands in its text)
    """What the API answers to a request that it does not take."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


class Live:
    """An Airflow whose components run."""

    def __init__(self, airflow: Airflow, port: int) -> None:
        self.airflow = airflow
        self.url = f"http://127.0.0.1:{port}"
        self._is_second = airflow.version.startswith("2.")

    def admit(self, dag: str) -> None:
        """Wait until Airflow knows a DAG, and let its runs run."""
        self._await(lambda: self._knows(dag), f"{dag} is not read")
        self.request("PATCH", f"/dags/{dag}", {"is_paused": False})

    def trigger(self, dag: str, conf: Mapping[str, object] | None = None, run: str = "") -> str:
        """The id of a new run of a DAG."""
        body: dict[str, object] = {"conf": dict(conf or {})}
        body |= {"dag_run_id": run} if run else {}
        body |= {} if self._is_second else {"logical_date": None}
        triggered = self.request("POST", f"/dags/{dag}/dagRuns", body)
        name: str = triggered["dag_run_id"]
        return name

    def clear(self, dag: str, run: str, task: str) -> None:
        """Let a run run again from a task on."""
        body = {"dag_run_id": run, "task_ids": [task], "include_downstream": True}
        body |= {"dry_run": False, "only_failed": False, "reset_dag_runs": True}
        self.request("POST", f"/dags/{dag}/clearTaskInstances", body)

    def ended(self, dag: str, run: str, seconds: float = _SECONDS) -> Ended:
        """How a run ended, once it has."""
        path = f"/dags/{dag}/dagRuns/{urllib.parse.quote(run)}"
        state = ""

        def is_over() -> bool:
            nonlocal state
            state = self.request("GET", path)["state"]
            return state in ("success", "failed")

        self._await(is_over, f"{dag} {run} does not end", seconds)
        return Ended(run, state, tuple(self._tasks(path)))

    def runs(self, dag: str) -> list[str]:
        """The ids of all runs of a DAG, the first first."""
        found = self.request("GET", f"/dags/{dag}/dagRuns?limit=100&order_by=id")["dag_runs"]
        return [each["dag_run_id"] for each in found]

    def logs(self) -> str:
        """The end of what each component has printed, and the tasks that were the last to."""
        home = self.airflow.home
        tasks = sorted(home.glob("logs/dag_id*/**/*.log"), key=lambda file: file.stat().st_mtime)
        files = [*sorted(home.glob("*.log")), *tasks[-5:]]
        return "\n".join(f"== {file}\n{file.read_text()[-2000:]}" for file in files)

    def request(self, method: str, path: str, body: object = None) -> Any:
        """What the API answers."""
        api = "/api/v1" if self._is_second else "/api/v2"
        return self._ask(method, api + path, body, {"Authorization": self._authorization})

    @cached_property
    def _authorization(self) -> str:
        if self._is_second:
            return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        who = {"username": USER, "password": PASSWORD}
        return f"Bearer {self._ask('POST', '/auth/token', who, {})['access_token']}"

    def _ask(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Any:
        text = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(
            self.url + path,
            text,
            {"Content-Type": "application/json", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            with refused:
                raise Refused(refused.code, refused.read().decode()) from None

    def _knows(self, dag: str) -> bool:
        errors = self.request("GET", "/importErrors")["import_errors"]
        assert not errors, errors
        try:
            found = self.request("GET", f"/dags/{dag}")
        except Refused:
            return False
        return found.get("is_active", not found.get("is_stale")) is True

    def _tasks(self, path: str) -> Iterator[Instance]:
        found: list[Any] = []
        while True:
            page = self.request("GET", f"{path}/taskInstances?limit=100&offset={len(found)}")
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                break
        for each in found:
            yield Instance(
                each["task_id"],
                each["map_index"],
                str(each["state"]),
                each["try_number"],
                _seconds(each["start_date"]),
                _seconds(each["end_date"]),
            )

    def await_components(self) -> None:
        path = "/api/v1/health" if self._is_second else "/api/v2/monitor/health"
        needed = {"scheduler", "triggerer", *([] if self._is_second else ["dag_processor"])}

        def are_healthy() -> bool:
            try:
                found = self._ask("GET", path, None, {})
            except (OSError, Refused):
                return False
            return all(found[each]["status"] == "healthy" for each in needed)

        self._await(are_healthy, "it does not start")

    def _await(self, is_so: Callable[[], bool], what: str, seconds: float = _SECONDS) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, f"{what}\n{self.logs()}"
            time.sleep(0.2)


@contextmanager
def running(airflow: Airflow, **settings: str) -> Iterator[Live]:
    """An Airflow whose components run as long as the context lasts."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    if airflow.version.startswith("2."):
        components = ("scheduler", "triggerer", f"webserver --port {port}")
    else:
        components = ("scheduler", "dag-processor", "triggerer", f"api-server --port {port}")
    more = {
        "api__base_url": url,
        "core__execution_api_server_url": f"{url}/execution/",
        "logging__worker_log_server_port": str(_free_port()),
        "logging__trigger_log_server_port": str(_free_port()),
    }
    process = subprocess.Popen(
        (str(airflow.python), str(_COMPONENTS), str(airflow.home), *components),
        env=airflow.environment(**_SETTINGS, **more, **settings),
        cwd=airflow.home,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        live = Live(airflow, port)
        live.await_components()
        yield live
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _seconds(moment: str | None) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0
