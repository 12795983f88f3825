"""Calls what `@exit_hook` names once a run has ended; loaded only for a flow that has it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowc.ir.exit_hooks import Outcome, hook_names, hook_tasks
from flowc.local.commands import environment

if TYPE_CHECKING:
    from flowc.ir.flow import Flow
    from flowc.local.settings import RunSettings


def call_hooks(flow: Flow, settings: RunSettings, *, succeeded: bool) -> Iterator[str]:
    """Call the functions one after the other; the names of those that have failed.

    They write to this process's own streams.
    """
    outcome = Outcome.SUCCESS if succeeded else Outcome.ERROR
    names = hook_names(flow.exit_hooks).get(outcome, [])
    for name, (task, _) in zip(names, hook_tasks(flow.exit_hooks, outcome), strict=True):
        words = (settings.python, "-m", "flowc.runtime", "step", task)
        ended = subprocess.run(
            (*words, *_options(flow, settings)),
            stdin=subprocess.DEVNULL,
            env=environment({}),
            check=False,
        )
        if ended.returncode:
            yield name


def _options(flow: Flow, settings: RunSettings) -> Iterator[str]:
    plan = settings.store.absolute() / flow.name / settings.run / "_flowc" / "plan.json"
    store = settings.remote.url if settings.remote else str(settings.store.absolute())
    yield from ("--plan", str(plan), "--source", str(settings.source.absolute()))
    yield from ("--store", store, "--run", settings.run, "--path", "t")
