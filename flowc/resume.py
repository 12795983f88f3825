"""`flowc run --resume`: which run is taken up, whether it may be, and how its tasks are cloned."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import UsageError
from flowc.history.choice import choose_run
from flowc.history.reader import Reader
from flowc.history.runs import State
from flowc.ir.flow import ParameterKind
from flowc.ir.plan import render_plan
from flowc.local.commands import Control
from flowc.local.settings import Cloned, Resumption
from flowc.runtime.errors import FlowError, RefusalError
from flowc.runtime.metadata import place_of
from flowc.runtime.origin import Origin
from flowc.runtime.plan import Plan
from flowc.runtime.run_store import RunStore
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from flowc.history.runs import Run
    from flowc.ir.flow import Flow, Parameter

_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})


class Resumed:
    """A run of a flow that another one is about to take up; raises `UsageError` if it cannot.

    `word` names the run as `flowc logs` does; `again` are steps that run again with all after.
    """

    def __init__(self, flow: Flow, store: str, word: str, again: Sequence[str]) -> None:
        self._flow = flow
        self._store = store
        self._again = tuple(again)
        self._reader = Reader(store)
        for step in again:
            _check_step(flow, step)
        self._run = _choose(self._reader, flow, word)

    def check(self, parameters: Mapping[str, str]) -> None:
        """Refuse parameters and configurations that are not those which cloned tasks have seen."""
        flow, run = self._flow, self._run
        start = self._reader.done(run.flow, run.run, (flow.start, "t"))
        if start is None or flow.start in self._again:
            return
        found = self._reader.parameters(run.flow, run.run)
        for parameter in flow.parameters:
            text = parameters.get(parameter.name)
            if text is None or parameter.attribute not in found:
                continue
            value = self._reader.plain_value(run.flow, found[parameter.attribute])
            if not _is_same(parameter, text, value):
                raise self._differs(f"--{parameter.name} {text}", f"`{value}`")
        self._check_configs()

    def resumption(
        self,
        run: str,
        tags: Sequence[str] = (),
        namespace: str | None = None,
        metadata: Path | None = None,
    ) -> Resumption:
        """How a run with that id clones tasks; from now on it is annotated with the rest.

        `metadata` is the folder where Metaflow's Client finds what is in a store that is none.
        """
        plan = Plan(render_plan(self._flow))
        opened = open_store(self._store)
        place = place_of(opened, self._store, str(metadata or ""))
        store = RunStore(opened, plan, run, place=place)
        store.annotate(tags, namespace, self._run.run)
        told: dict[str, str] = {}
        origin = Origin(store, self._run.run, self._again, told.__setitem__)
        return Resumption(self._run.run, self._again, _cloning(origin, plan, told))

    def _check_configs(self) -> None:
        key = f"{self._run.flow}/{self._run.run}/_flowc/plan.json"
        texts = self._reader.entries(key).get("configs", {})
        for config in self._flow.configs:
            if config.name in texts and texts[config.name] != config.text:
                raise self._differs(f"config `{config.name}`", "what it was")

    def _differs(self, given: str, was: str) -> UsageError:
        return UsageError(
            f"{given} differs from {was} in {self._run.flow}/{self._run.run}; leave it as it was, "
            f"or run all again with --from {self._flow.start}"
        )


def _cloning(origin: Origin, plan: Plan, told: dict[str, str]) -> Callable[[str, str], Cloned]:
    said: set[str] = set()

    def clone(step: str, path: str) -> Cloned:
        try:
            decided = origin.clone(plan.step(step), path)
        except (FlowError, RefusalError, OSError):
            # The task itself comes upon this again, and says what it is.
            return Cloned(None)
        if decided is not None:
            control = decided[0][1] if decided else None
            return Cloned(Control(control.count, control.next) if control else Control())
        why = "" if step in said else told.get(step, "")
        said.update({step} if why else ())
        return Cloned(None, why)

    return clone


def _choose(reader: Reader, flow: Flow, word: str) -> Run:
    run = choose_run(reader, word if "/" in word else f"{flow.name}/{word}")
    named = f"{run.flow}/{run.run}"
    if run.flow != flow.name:
        raise UsageError(f"{named} is a run of another flow than `{flow.name}`")
    if run.state is State.RUNNING:
        raise UsageError(f"{named} goes on right now; wait for its end, or stop it")
    return run


def _check_step(flow: Flow, step: str) -> None:
    if step not in flow.steps:
        near = get_close_matches(step, flow.steps, 1) or list(flow.steps)
        named = ", ".join(f"`{name}`" for name in near)
        raise UsageError(f"--from {step}: flow `{flow.name}` has no such step; it has {named}")


def _is_same(parameter: Parameter, text: str, value: Any) -> bool:
    """Whether a text on the command line stands for a parameter's value."""
    if parameter.separator:
        return bool((text.split(parameter.separator) if text else text) == value)
    match parameter.kind:
        case ParameterKind.INT:
            return bool(int(text) == value)
        case ParameterKind.FLOAT:
            return bool(float(text) == value)
        case ParameterKind.BOOL:
            return bool((text.strip().lower() in _TRUE) == value)
        case ParameterKind.JSON:
            return bool(json.loads(text) == value)
        case ParameterKind.FILE:
            content = Path(text).expanduser().read_bytes()
            return bool(content == (value.encode() if isinstance(value, str) else value))
        case ParameterKind.STR:
            return bool(text == value)
