"""The commands over runs that have left something in a store."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowc.cli.options import LOCAL_STORE, OutputFormat, RunPlace, StoreRoot, TaskPlace, is_json
from flowc.cli.output import print_json, tell
from flowc.cli.run_text import duration, iso, when
from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.history.artifacts import Listed
    from flowc.history.runs import Run

app = typer.Typer(rich_markup_mode=None)


@app.command()
def runs(
    flow: Annotated[str, typer.Argument(metavar="[FLOW]", help="Such as TrainFlow.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 20,
    tags: Annotated[
        list[str], typer.Option("--tag", metavar="TAG", help="Only runs that have the tag.")
    ] = [],  # noqa: B006 - typer copies it
    store: StoreRoot = LOCAL_STORE,
    output_format: OutputFormat = "text",
) -> None:
    """List the runs in a store, the newest first."""
    from flowc.history.choice import choose_flow
    from flowc.history.reader import Reader
    from flowc.history.runs import has_tags, read_run

    as_json = is_json(output_format)
    reader = Reader(store)
    chosen = iter(choose_flow(reader, flow))
    if tags:
        chosen = (run for run in chosen if has_tags(reader, *run, tags))
    found = [read_run(reader, *run) for run in islice(chosen, limit)]
    if not found:
        tell(f"flowc: {store} holds no runs" + (f" with {' and '.join(tags)}" if tags else ""))
    if as_json:
        print_json(list(map(_run_entries, found)))
    elif found:
        headings = ("flow", "run", "state", "tasks done", "started", "duration")
        extra = {
            "tags": [", ".join(run.tags) for run in found],
            "origin": [run.origin for run in found],
        }
        shown = {heading: cells for heading, cells in extra.items() if any(cells)}
        rows = [
            (*_run_cells(run), *(cells[i] for cells in shown.values()))
            for i, run in enumerate(found)
        ]
        _print_table((*headings, *shown), rows, {"tasks done", "duration"})


@app.command()
def artifacts(
    run: RunPlace,
    place: TaskPlace = "",
    store: StoreRoot = LOCAL_STORE,
    output_format: OutputFormat = "text",
) -> None:
    """List the artifacts of a run's tasks, without loading any."""
    from flowc.history.artifacts import list_artifacts
    from flowc.history.choice import choose_run, choose_tasks
    from flowc.history.reader import Reader

    as_json = is_json(output_format)
    reader = Reader(store)
    chosen = choose_run(reader, run)
    found = list(list_artifacts(reader, chosen, choose_tasks(reader, chosen, place)))
    if not found:
        named = f"{chosen.flow}/{chosen.run}/{place}".rstrip("/")
        tell(f"flowc: no task of {named} has left artifacts")
    if as_json:
        print_json(list(map(_artifact_entries, found)))
    elif found:
        _print_table(
            ("task", "name", "type", "size", "digest"), list(map(_artifact_cells, found)), {"size"}
        )


@app.command()
def pull(
    run: RunPlace,
    store: StoreRoot = "",
    into: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help="Default: the .metaflow that Metaflow's Client looks into from here.",
        ),
    ] = "",
) -> None:
    """Bring what Metaflow's Client finds a run by to this machine; its data stays where it is."""
    from flowc.history.choice import choose_run
    from flowc.history.pull import pull as pull_run
    from flowc.history.reader import Reader
    from flowc.run_root import client_folder

    if not store:
        raise UsageError("say where the run is: `--datastore-root s3://BUCKET/PREFIX`")
    reader = Reader(store)
    chosen = choose_run(reader, run)
    folder = Path(into) if into else client_folder()
    count = pull_run(reader, chosen, folder)
    tell(f"flowc: Metaflow's Client finds {chosen.flow}/{chosen.run} in {folder} ({count} tasks)")


def _run_entries(run: Run) -> dict[str, Any]:
    return {
        "flow": run.flow,
        "run": run.run,
        "state": str(run.state),
        "tasks_done": run.done,
        "started": iso(run.started),
        "seconds": None if run.seconds is None else round(run.seconds, 3),
        "tags": list(run.tags),
        "origin": run.origin or None,
    }


def _run_cells(run: Run) -> Sequence[str]:
    return (
        run.flow,
        run.run,
        str(run.state),
        str(run.done),
        when(run.started),
        "" if run.seconds is None else duration(run.seconds),
    )


def _artifact_entries(artifact: Listed) -> dict[str, Any]:
    return {
        "task": artifact.task,
        "name": artifact.name,
        "type": artifact.type,
        "size": artifact.size,
        "digest": artifact.sha,
    }


def _artifact_cells(artifact: Listed) -> Sequence[str]:
    return (artifact.task, artifact.name, artifact.type, str(artifact.size), artifact.sha)


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[str]) -> None:
    from flowc.table import print_table

    print_table(headings, rows, numbers)
