"""Runs of DAGs by `dag.test()`, in one process for all of an Airflow's, which imports it once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.scheduler import Ended, Instance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.installed import Airflow

_WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What Airflow makes of DAG files: the ids of their DAGs, and errors by file."""

    dags: tuple[str, ...]
    errors: Mapping[str, str]


class NotRun(Exception):  # noqa: N818 (Airflow has its own word for it in the text)
    """What Airflow has against a file, or against running its DAG."""


class Tester:
    """An Airflow that runs one DAG after the other, each task in the same process."""

    def __init__(self, airflow: Airflow, process: subprocess.Popen[str], log: Path) -> None:
        self.airflow = airflow
        self._process = process
        self._log = log

    def run(
        self, file: Path, dag: str, conf: Mapping[str, object] | None = None, passed: str = ""
    ) -> Ended:
        """How a run of a DAG ends. Its file is the only one in Airflow's folder of DAGs.

        Tasks whose ids match the pattern `passed` are taken for done.
        """
        asked = {"file": str(file), "dag": dag, "conf": dict(conf or {}), "passed": passed}
        told = self._ask(asked)
        return Ended(told["run"], told["state"], tuple(Instance(**each) for each in told["tasks"]))

    def load(self, folder: Path) -> Loaded:
        """What Airflow makes of all DAG files of a folder."""
        told = self._ask({"folder": str(folder)})
        return Loaded(tuple(told["dags"]), told["errors"])

    def log(self) -> str:
        """What the last run has printed, and its tasks."""
        return self._log.read_text()[-20000:]

    def _ask(self, request: Mapping[str, object]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        with self._log.open("r+") as log:
            log.truncate()
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self.log()
        told = json.loads(line)
        if "raised" in told:
            raise NotRun(told["raised"])
        return told


@contextmanager
def testing(airflow: Airflow, **settings: str) -> Iterator[Tester]:
    """An Airflow in a process that lives as long as the context lasts."""
    path = airflow.home / "tests.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            (str(airflow.python), str(_WORKER)),
            env=airflow.environment(core__max_map_length="30", **settings),
            cwd=airflow.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with process:
        yield Tester(airflow, process, path)
