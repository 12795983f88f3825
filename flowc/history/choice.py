"""What the words of a command line name in a store: a run, steps, a task."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from flowc.errors import UsageError
from flowc.history.runs import all_runs, newest_first, read_run
from flowc.history.tasks import paths_of, steps_of, tasks_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flowc.history.reader import Reader
    from flowc.history.runs import Run, RunId
    from flowc.history.tasks import Task

LATEST = "latest"

# A message names so many of those there are.
_LISTED = 5


def choose_flow(reader: Reader, flow: str) -> list[RunId]:
    """The runs of a flow, or of all flows if it is empty, the newest first."""
    runs = all_runs(reader)
    if flow:
        _check(flow, {name for name, _ in runs}, f"{reader.url} holds no runs of a flow")
    return newest_first(reader, [run for run in runs if flow in {"", run[0]}])


def choose_run(reader: Reader, word: str) -> Run:
    """The run that `Flow/run`, a run's id, `Flow/latest` or `latest` names."""
    flow, separator, run = word.rpartition("/")
    if separator:
        return read_run(reader, *_of_flow(choose_flow(reader, flow), flow, run))
    runs = choose_flow(reader, "")
    if not runs:
        raise UsageError(f"{reader.url} holds no runs")
    return read_run(reader, *(runs[0] if word == LATEST else _of_any(runs, word)))


def choose_tasks(reader: Reader, run: Run, place: str) -> list[Task]:
    """The tasks of a run, of its step `STEP`, or the one at `STEP/TASK`, as they started."""
    steps = steps_of(reader, run)
    if not place:
        return tasks_of(reader, run, steps)
    step, separator, path = place.partition("/")
    named = f"{run.flow}/{run.run}"
    _check(step, steps, f"no task of {named} has started of a step")
    if separator:
        _check(path, paths_of(reader, run, step), f"step `{step}` of {named} has no task")
    return tasks_of(reader, run, [step], path)


def _of_flow(runs: Sequence[RunId], flow: str, run: str) -> RunId:
    if run == LATEST:
        return runs[0]
    _check(run, [each for _, each in runs], f"flow `{flow}` has no run")
    return flow, run


def _of_any(runs: Sequence[RunId], run: str) -> RunId:
    found = [each for each in runs if each[1] == run]
    if len(found) == 1:
        return found[0]
    names = [f"`{flow}/{run}`" for flow, _ in sorted(found)]
    if names:
        raise UsageError(f"several flows have a run `{run}`; write {' or '.join(names)}")
    if run in {flow for flow, _ in runs}:
        raise UsageError(f"`{run}` is a flow; write `{run}/{LATEST}` for its latest run")
    names = [name for pair in runs for name in reversed(pair)]
    raise _unknown(run, list(dict.fromkeys(names)), "there is no run")


def _check(word: str, known: Collection[str], otherwise: str) -> None:
    if word not in known:
        raise _unknown(word, known, otherwise)


def _unknown(word: str, known: Collection[str], message: str) -> UsageError:
    """What to raise for a word that is not known, with the nearest that is."""
    near = get_close_matches(word, known, 1)
    if near:
        return UsageError(f"{message} `{word}`; write `{near[0]}`")
    listed = ", ".join(f"`{name}`" for name in sorted(known)[:_LISTED])
    return UsageError(f"{message} `{word}`" + (f"; there are {listed}" if listed else ""))
