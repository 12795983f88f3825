"""An Airflow server: its DAGs, their runs and tasks, as values that both versions have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flowc.deploy.airflow.api import PAGE, Api, Attempt
from flowc.deploy.airflow.connection import Connection
from flowc.deploy.airflow.errors import refusal, said_in, unreadable
from flowc.deploy.airflow.http import Answer
from flowc.deploy.airflow.values import Dag, DagRun, ImportFailure, Param, TaskInstance
from flowc.errors import EngineError

# How many pages of a list are looked at: what is longer than these is told, not cut off.
_PAGES = 1000
_WRONG = 400
# The times of a run; the first that it has is when it began.
_MOMENTS = ("start_date", "queued_at", "run_after", "logical_date")
# What Airflow 3 answers in place of a file's text to whoever may not read all DAGs in it.
_HIDDEN = "REDACTED - "


class Server:
    """What is asked of a server; each call ends in bounded time, or raises an `EngineError`."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url)

    def __str__(self) -> str:
        return f"Airflow {self._connection.version} at {self.url}"

    @property
    def url(self) -> str:
        """Its address."""
        return self._connection.url

    def dag(self, dag: str) -> Dag | None:
        """A DAG; nothing where none of that name is in a file."""
        doing = f"looking for the DAG {dag}"
        found = self._connection.ask(lambda api: api.dag(dag), doing)
        return None if found is None else self._made(_dag, found, doing)

    def dags(self, tag: str) -> Sequence[Dag]:
        """All DAGs with a tag."""
        doing = f"listing the DAGs with the tag {tag}"
        found = self._listed(lambda api, offset: api.dags(tag, offset), "dags", doing)
        dags = [self._made(_dag, each, doing) for each in found]
        return [dag for dag in dags if dag is not None]

    def source(self, dag: Dag) -> str:
        """The text of a DAG's file, as the server has read it last."""
        doing = f"reading the source of the DAG {dag.id}"
        found = self._connection.ask(lambda api: api.source(dag.id, dag.token), doing)
        text = "" if found is None else self._made(lambda each: str(each["content"]), found, doing)
        if text.startswith(_HIDDEN):
            raise EngineError(
                f"Airflow at {self.url} hides the source of the DAG {dag.id}: whoever asks must be "
                "allowed to read all DAGs of the file, and their code"
            )
        return str(text)

    def parameters(self, dag: str) -> Mapping[str, Param]:
        """A DAG's parameters by name."""
        doing = f"reading the parameters of the DAG {dag}"
        found = self._connection.ask(lambda api: api.details(dag), doing)
        return {} if found is None else self._made(_params, found, doing)

    def description(self, dag: str) -> str:
        """The text that describes a DAG, as runs that start now are made of it; empty without."""
        doing = f"reading the description of the DAG {dag}"
        found = self._connection.ask(lambda api: api.details(dag), doing)
        return "" if found is None else self._made(_description, found, doing)

    def import_failures(self, file: str) -> Sequence[ImportFailure]:
        """Why files with an ending of that path could not be imported."""
        doing = "listing import errors"
        found = self._listed(lambda api, at: api.import_errors(at), "import_errors", doing)
        failures = [self._made(_import_failure, each, doing) for each in found]
        return [each for each in failures if f"/{each.file}".endswith(f"/{file}")]

    def pause(self, dag: str, *, is_paused: bool) -> None:
        """Pause a DAG, or let it go on."""
        doing = f"{'pausing' if is_paused else 'unpausing'} the DAG {dag}"
        if self._connection.ask(lambda api: api.pause(dag, is_paused=is_paused), doing) is None:
            raise EngineError(f"the DAG {dag} has gone while {doing}")

    def reparse(self, dag: Dag) -> None:
        """Ask for a DAG's file to be read soon; whoever may not ask waits for its turn."""
        doing = f"asking to read the file of the DAG {dag.id}"
        self._connection.any_answer(lambda api: api.reparse(dag.token), doing)

    def trigger(self, dag: str, run: str, conf: Mapping[str, Any]) -> DagRun:
        """Start a run with a name of its own; asked twice, it starts once."""
        doing = f"starting the DAG {dag}"
        answer = self._connection.any_answer(lambda api: api.trigger(dag, run, conf), doing)
        if answer.status >= _WRONG:
            found = self.run(dag, run) if _may_be_there(answer) else None
            if found is None:
                raise self._refused(answer, doing)
            return found
        return self._existing(self.run(dag, run), dag, run)

    def run(self, dag: str, run: str) -> DagRun | None:
        """A run, if there is one of that name."""
        doing = f"looking for the run {run}"
        found = self._connection.ask(lambda api: api.run(dag, run), doing)
        return None if found is None else self._made(_dag_run, found, doing)

    def runs(self, dag: str, limit: int | None = None, prefix: str = "") -> Iterator[DagRun]:
        """The newest runs, the newest first.

        A server that knows nothing of a prefix of their ids gives others, too.
        """
        doing = f"listing the runs of the DAG {dag}"
        size = min(limit or PAGE, PAGE)
        found = self._listed(
            lambda api, at: api.runs(dag, size, at, prefix), "dag_runs", doing, limit
        )
        return (self._made(_dag_run, each, doing) for each in found)

    def fail(self, run: DagRun, note: str) -> None:
        """Mark a run as failed, which ends its tasks."""
        doing = f"stopping the run {run.run}"
        found = self._connection.answer(lambda api: api.fail(run.dag, run.run, note), doing)
        if found is None:
            raise EngineError(f"the run {run.run} has gone while {doing}")

    def tasks(self, run: DagRun) -> Iterator[TaskInstance]:
        """The tasks of a run, mapped ones each by itself."""
        doing = f"listing the tasks of the run {run.run}"
        found = self._listed(
            lambda api, at: api.tasks(run.dag, run.run, at), "task_instances", doing
        )
        return (self._made(_task, each, doing) for each in found)

    def log(self, attempt: Attempt) -> bytes:
        """What an attempt wrote, as the server has it; nothing if that is gone."""
        doing = f"reading the log of {attempt.task}"
        answer = self._connection.any_answer(lambda api: api.log(attempt), doing)
        if answer.status >= _WRONG and answer.status != 404:
            raise self._refused(answer, doing)
        return b"" if answer.status == 404 else answer.content

    def dag_page(self, dag: str) -> str:
        """Where the server shows a DAG."""
        return self._connection.api.dag_page(dag)

    def run_page(self, run: DagRun) -> str:
        """Where the server shows a run."""
        return self._connection.api.run_page(run.dag, run.run)

    def _listed(
        self, call: Callable[[Api, int], Answer], field: str, doing: str, limit: int | None = None
    ) -> Iterator[Any]:
        """The entries of all pages; none of what is not there."""
        told = 0
        for _ in range(_PAGES):
            found = self._connection.ask(partial(_at, call, told), doing)
            entries = [] if found is None else self._made(lambda each: each[field], found, doing)
            yield from entries[: None if limit is None else limit - told]
            told += len(entries)
            has_more = bool(entries) and told < found.get("total_entries", told + 1)
            if not has_more or (limit is not None and told >= limit):
                return
        raise EngineError(f"Airflow at {self.url} has no end of entries while {doing}")

    def _made(self, make: Callable[[Any], Any], found: Any, doing: str) -> Any:
        """A value of what was answered."""
        try:
            return make(found)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise unreadable(self.url, doing) from None

    def _refused(self, answer: Answer, doing: str) -> EngineError:
        return refusal(answer, self.url, self._connection.credentials, doing)

    @staticmethod
    def _existing(found: DagRun | None, dag: str, run: str) -> DagRun:
        if found is None:
            raise EngineError(f"Airflow has started {run} of the DAG {dag}, and has it no longer")
        return found


def _at(call: Callable[[Api, int], Answer], offset: int, api: Api) -> Answer:
    return call(api, offset)


def _may_be_there(answer: Answer) -> bool:
    """Whether a run may be there that was asked for: it was asked twice, and heard once."""
    return answer.status == 409 or "constraint" in said_in(answer).lower()


def _dag(found: Mapping[str, Any]) -> Dag | None:
    if found.get("is_stale") or found.get("is_active") is False:
        return None
    return Dag(
        id=str(found["dag_id"]),
        file=str(found["fileloc"]),
        token=str(found["file_token"]),
        is_paused=bool(found["is_paused"]),
        tags=frozenset(str(tag["name"]) for tag in found.get("tags") or ()),
        bundle=str(found.get("bundle_name") or ""),
        inside=str(found.get("relative_fileloc") or ""),
    )


def _params(found: Mapping[str, Any]) -> dict[str, Param]:
    return {
        name: Param(each.get("schema") or {}, each.get("value"))
        for name, each in (found.get("params") or {}).items()
    }


def _description(found: Mapping[str, Any]) -> str:
    return str(found.get("doc_md") or "")


def _import_failure(found: Mapping[str, Any]) -> ImportFailure:
    return ImportFailure(
        str(found["filename"]),
        str(found.get("stack_trace") or ""),
        str(found.get("bundle_name") or ""),
    )


def _dag_run(found: Mapping[str, Any]) -> DagRun:
    known = [_seconds(found[name]) for name in _MOMENTS if found.get(name)]
    return DagRun(
        dag=str(found["dag_id"]),
        run=str(found["dag_run_id"]),
        state=str(found["state"]),
        started=known[0],
        ended=_seconds(found["end_date"]) if found.get("end_date") else None,
        conf=found.get("conf") or {},
        note=str(found.get("note") or ""),
        oldest=min(known),
        newest=max(known),
    )


def _task(found: Mapping[str, Any]) -> TaskInstance:
    return TaskInstance(
        task=str(found["task_id"]),
        index=int(found["map_index"]),
        state=str(found.get("state") or ""),
        operator=str(found.get("operator") or ""),
        number=int(found.get("try_number") or 0),
        most=int(found.get("max_tries") or 0),
        fields=found.get("rendered_fields") or {},
    )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
