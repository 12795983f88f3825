"""Waits until an Airflow server has read a DAG file that was put where it looks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from flowc.deploy.access import Access
from flowc.deploy.airflow.dag_text import docstring_of, plan_of, version_of
from flowc.deploy.airflow.server import Server
from flowc.deploy.airflow.values import Dag, ImportFailure
from flowc.errors import EngineError

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
# How often a person is told that it goes on.
_TOLD = 15.0
_LINES = 8
# What differs between two failures for the same reason.
_PASSING = re.compile(r"\b0x[0-9a-f]+|\bPID: \d+")


@dataclass
class Waiting:
    """Waits for the server to have a version of a file, within the time that is given.

    It is made before the file is put: what Airflow has against the file by then is about another
    version, which it may well try again before it has this one.
    """

    server: Server
    access: Access
    file: str
    version: str
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._before = {_lasting(each) for each in self.server.import_failures(self.file)}

    def for_dag(self, dag: str) -> Dag:
        """The DAG as it is in this version of the file."""
        began = time.monotonic()
        told, pause = began, _FIRST_PAUSE
        asked = self.server.dag(dag)
        if asked is not None:
            self.server.reparse(asked)
        while True:
            found = self._found(dag)
            if found is not None:
                return found
            failures = self._failures(asked)
            self._refuse_new(failures)
            now = next(iter(failures), None)
            spent = time.monotonic() - began
            if spent >= self.access.seconds:
                raise self._unseen(dag, now)
            if time.monotonic() - told >= _TOLD:
                told = time.monotonic()
                self.access.tell(
                    f"waiting for Airflow to read {self.file}: {spent:.0f} s{_last(now)}"
                )
            self.pause(min(pause, max(self.access.seconds - spent, 0.0)))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _found(self, dag: str) -> Dag | None:
        found = self.server.dag(dag)
        if found is None:
            return None
        text = self.server.source(found)
        is_read = version_of(text) == self.version and self._is_in_use(dag, text)
        return found if is_read else None

    def _is_in_use(self, dag: str, text: str) -> bool:
        """Whether runs that start now are of this plan, as far as the DAG says of which they are.

        Airflow may have the text of a file for a while before it makes its DAGs anew
        (`[core] min_serialized_dag_update_interval`).
        """
        plan = plan_of(self.server.description(dag))
        return not plan or plan == plan_of(docstring_of(text))

    def _failures(self, dag: Dag | None) -> list[ImportFailure]:
        """What Airflow has against the file; where it knows the DAG's, against no other."""
        found = self.server.import_failures(self.file)
        is_known = dag is not None and PurePosixPath(dag.file).name == self.file
        return [each for each in found if dag is None or not is_known or each.is_of(dag)]

    def _refuse_new(self, failures: Sequence[ImportFailure]) -> None:
        """Raises for a failure that an older version of the file did not have."""
        new = next((each for each in failures if _lasting(each) not in self._before), None)
        if new is not None:
            raise self._broken(new)

    def _broken(self, failure: ImportFailure) -> EngineError:
        lines = [line for line in failure.text.rstrip().splitlines() if line.strip()]
        said = "".join(f"\n  {line}" for line in lines[-_LINES:])
        return EngineError(f"Airflow cannot import {failure.file}:{said}")

    def _unseen(self, dag: str, failure: ImportFailure | None) -> EngineError:
        """What to look at, where nothing has happened."""
        if failure is not None:
            return self._broken(failure)
        seconds = f"{self.access.seconds:g} s"
        return EngineError(
            f"Airflow at {self.server.url} has not read this version of the DAG {dag} within "
            f"{seconds}. Look whether its DAG bundle or dags folder is where {self.file} was put "
            "(`--dags`), and how often it looks there (`[dag_processor] refresh_interval`, or "
            "`[scheduler] dag_dir_list_interval` before Airflow 3; 300 s by default, `--timeout` "
            "waits longer); then at the log of its DAG processor: a file whose import takes too "
            "long leaves no import error, others are in `airflow dags list-import-errors`"
        )


def _lasting(failure: ImportFailure) -> ImportFailure:
    """A failure without what is another each time."""
    return replace(failure, text=_PASSING.sub("", failure.text))


def _last(failure: ImportFailure | None) -> str:
    """What Airflow had against the file when it last tried."""
    lines = failure.text.split("\n") if failure else []
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"; when it last tried: {said}" if said else ""
