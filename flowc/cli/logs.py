"""The command `logs`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowc.cli.commands import Command
from flowc.cli.deployment import DeployedInEnvironment
from flowc.cli.groups import expanded
from flowc.cli.options import LOCAL_STORE, OutputFormat, RunPlace, StoreRoot, TaskPlace, is_json
from flowc.cli.output import print_json, tell
from flowc.cli.run_text import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.cli.deployment import DeployedChoices
    from flowc.history.logs import Log
    from flowc.history.reader import Reader
    from flowc.history.runs import Run

app = typer.Typer(rich_markup_mode=None)


class LogsCommand(Command):
    """The settings of a project are those of its deployments, which `--target` asks for."""

    def flow_of(self, given: Mapping[str, Any]) -> str:
        """What stands before the run."""
        return str(given["run"]).rpartition("/")[0] if given.get("target") else ""


@dataclass(frozen=True)
class LogsTarget(DeployedInEnvironment):
    """The deployment that is meant, if `--target` asks for one."""

    target: Annotated[
        str,
        typer.Option("--target", help="Of a flow that is deployed there; RUN is DEPLOYMENT/RUN."),
    ] = ""


@app.command(cls=LogsCommand)
@expanded
def logs(
    run: RunPlace,
    deployed: LogsTarget,
    place: TaskPlace = "",
    attempt: Annotated[
        int | None, typer.Option(min=0, help="Which attempt, from 0; else each task's last.")
    ] = None,
    store: StoreRoot = LOCAL_STORE,
    output_format: OutputFormat = "text",
    *,
    stdout: Annotated[bool, typer.Option("--stdout", help="Only what went to stdout.")] = False,
    stderr: Annotated[bool, typer.Option("--stderr", help="Only what went to stderr.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only of tasks that failed.")] = False,
) -> None:
    """Print what tasks of a run wrote, in the order of their start."""
    from flowc.history.logs import STREAMS

    as_json = is_json(output_format)
    streams = [name for name, asked in zip(STREAMS, (stdout, stderr), strict=True) if asked]
    asked = _Asked(place, attempt, tuple(streams or STREAMS), failed=failed)
    is_kept = not deployed.target
    found = _kept(run, store, asked) if is_kept else _deployed(run, store, deployed, asked)
    if not found.count:
        tell(f"flowc: no task of {found.run} has {'failed' if failed else 'started'}")
    if as_json:
        print_json([_log_entries(log) for log in found.logs])
    else:
        _print_logs(found.logs, several=found.count > 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which logs of a run are asked for."""

    place: str
    attempt: int | None
    streams: tuple[str, ...]
    failed: bool

    def of(self, reader: Reader, run: Run) -> _Found:
        """Those that tasks have left which a store knows."""
        from flowc.history.choice import choose_tasks
        from flowc.history.logs import read_logs
        from flowc.history.runs import State

        tasks = choose_tasks(reader, run, self.place)
        if self.failed:
            tasks = [task for task in tasks if task.state is State.FAILED]
        logs = read_logs(reader, run, tasks, self.streams, self.attempt)
        return _Found(f"{run.flow}/{run.run}", len(tasks), _whole(reader, run, logs))


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is of a run: so many logs at most, each looked for when it is due."""

    run: str
    count: int
    logs: Iterable[Log]


def _whole(reader: Reader, run: Run, logs: Iterable[Log]) -> Iterator[Log]:
    """Logs, each from where it is kept."""
    from flowc.deploy.engines import container_log
    from flowc.history.logs import or_elsewhere

    for log in logs:
        yield or_elsewhere(reader, run, log, container_log)


def _kept(run: str, store: str, asked: _Asked) -> _Found:
    from flowc.history.choice import choose_run
    from flowc.history.reader import Reader

    reader = Reader(store)
    return asked.of(reader, choose_run(reader, run))


def _deployed(word: str, store: str, deployed: DeployedChoices, asked: _Asked) -> _Found:
    from flowc.cli.deployed_logs import DeployedLogs

    run = DeployedLogs(word, "" if store == LOCAL_STORE else store, deployed)
    unseen = run.unseen(asked.place) if asked.attempt is None else []
    if unseen and not run.has_started(asked.place):
        return _Found(word, len(unseen), unseen)
    seen = asked.of(run.reader, run.run)
    return _Found(seen.run, seen.count + len(unseen), chain(map(run.kept, seen.logs), unseen))


def _log_entries(log: Log) -> dict[str, Any]:
    return {
        "task": log.task.name,
        "attempt": log.attempt,
        "state": str(log.task.state),
        "started": iso(log.task.started),
        **{stream: "".join(pieces) for stream, pieces in log.texts.items()},
    }


def _print_logs(logs: Iterable[Log], *, several: bool) -> None:
    """Write what attempts wrote, as it is, or each line behind the name of its task."""
    for log in logs:
        if not log.texts:
            tell(f"flowc: {log.task.name} has no log of attempt {log.attempt} on record")
        for text in chain.from_iterable(log.texts.values()):
            sys.stdout.write(_named(log.task.name, text) if several else text)
        sys.stdout.flush()


def _named(name: str, text: str) -> str:
    return "".join(f"{name} │ {line}\n" for line in text.removesuffix("\n").split("\n") if text)
