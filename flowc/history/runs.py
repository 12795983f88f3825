"""The runs in a store, and what their records tell of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from flowc.local.heartbeat import LOST_SECONDS
from flowc.local.lifetime import LOCK, OUTCOME, is_locked, this_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.history.reader import Reader

RunId: TypeAlias = tuple[str, str]


class State(StrEnum):
    """How a run or a task stands.

    `LOST`: its engine said that it goes on, but has not done so for some minutes. `UNKNOWN`: no
    record says whether anything goes on.
    """

    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its records have it; times are in seconds, where they are known.

    `tags` are the user's, `origin` is the run whose tasks it has cloned, or empty.

    `failures` are the tasks, by step and path, that used up their attempts.
    """

    flow: str
    run: str
    state: State
    done: int
    started: float | None = None
    seconds: float | None = None
    failures: frozenset[tuple[str, str]] = frozenset()
    tags: tuple[str, ...] = ()
    origin: str = ""


def all_runs(reader: Reader) -> list[RunId]:
    """The runs in a store that flowc has records of."""
    return [
        (flow, run)
        for flow in reader.names("")
        for run in reader.names(flow)
        if run != "data" and not run.startswith("_") and has_run(reader, flow, run)
    ]


def has_run(reader: Reader, flow: str, run: str) -> bool:
    """Whether a store has records of a flow's run."""
    return "_flowc" in reader.names(f"{flow}/{run}")


def newest_first(reader: Reader, runs: Iterable[RunId]) -> list[RunId]:
    """The runs by the time of their start; those without one last."""
    started = {run: _started(reader, *run) or 0 for run in runs}
    return sorted(started, key=lambda run: (started[run], run), reverse=True)


def read_run(reader: Reader, flow: str, run: str) -> Run:
    """What the records tell of a run."""
    base = f"{flow}/{run}/_flowc"
    started = _started(reader, flow, run)
    outcome = _outcome(reader, base)
    about = reader.about(flow, run)
    state, ended = outcome.state, outcome.ended
    if state in {State.LOST, State.UNKNOWN} and (last := _reached_end(reader, flow, run)):
        state, ended = State.FINISHED, last
    if state is State.RUNNING:
        ended = time.time()
    return Run(
        flow=flow,
        run=run,
        state=state,
        done=sum(len(reader.names(f"{base}/done/{step}")) for step in reader.names(f"{base}/done")),
        started=started,
        seconds=max(0.0, ended - started) if started and ended else None,
        failures=outcome.failures,
        tags=tuple(sorted(about.tags)),
        origin=about.origin or "",
    )


def has_tags(reader: Reader, flow: str, run: str, tags: Iterable[str]) -> bool:
    """Whether a run has all of those tags, the user's or the system's."""
    about = reader.about(flow, run)
    return (about.tags | about.system_tags).issuperset(tags)


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: State = State.UNKNOWN
    ended: float | None = None
    failures: frozenset[tuple[str, str]] = frozenset()


def _outcome(reader: Reader, base: str) -> _Outcome:
    """What `flowc run` says of a run; nothing of one that an engine of a cluster carries out."""
    if found := _recorded(reader, base):
        return found
    lock = reader.folder(f"{base}/{LOCK}")
    if beat := reader.time(f"{base}/{LOCK}", "beat"):
        return _heard_of(reader, base, beat)
    if lock is None or reader.entries(f"{base}/{LOCK}").get("host") != this_host():
        return _Outcome()
    if is_locked(lock):
        return _Outcome(State.RUNNING)
    # It may have ended between two looks; if not, it was killed.
    return _recorded(reader, base) or _Outcome(State.INTERRUPTED)


def _heard_of(reader: Reader, base: str, beat: float) -> _Outcome:
    """How a run stands whose engine was last heard of at that time."""
    if time.time() - beat < LOST_SECONDS:
        return _recorded(reader, base) or _Outcome(State.RUNNING)
    return _Outcome(State.LOST, beat)


def _recorded(reader: Reader, base: str) -> _Outcome | None:
    entries = reader.entries(f"{base}/{OUTCOME}")
    if not entries:
        return None
    with reader.readable(f"{base}/{OUTCOME}"):
        failures = frozenset((step, path) for step, path in entries["failures"])
        return _Outcome(State(entries["state"]), float(entries["time"]), failures)


def _started(reader: Reader, flow: str, run: str) -> float | None:
    """When a run started, or at least when its first task knew the parameters."""
    began = reader.time(f"{flow}/{run}/_flowc/{LOCK}")
    return began or reader.began(flow, run)


def _reached_end(reader: Reader, flow: str, run: str) -> float | None:
    """When the last step was committed, if it was."""
    step = _end(reader, flow, run)
    for record in reader.names(f"{flow}/{run}/_flowc/done/{step}") if step else ():
        path = record.removesuffix(".json")
        if done := reader.done(flow, run, (step, path)):
            return done.time
    return None


def _end(reader: Reader, flow: str, run: str) -> str:
    """The name of the last step, by the plan or the first task; empty before both."""
    if plan := reader.entries(f"{flow}/{run}/_flowc/plan.json"):
        return str(plan.get("end", ""))
    graph = reader.parameters(flow, run).get("_graph_info")
    return str(reader.plain_value(flow, graph)["end_step"]) if graph else ""
