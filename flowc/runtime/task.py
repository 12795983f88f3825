"""One attempt of one task: find its parents, run the step, commit."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from flowc.runtime.artifacts import sha1
from flowc.runtime.commit import publish
from flowc.runtime.context import SLOT, Context
from flowc.runtime.current import current
from flowc.runtime.deadline import deadline
from flowc.runtime.errors import (
    CaughtError,
    FailedAttemptsError,
    FlowError,
    GraphError,
    OtherPythonError,
    RefusalError,
    tell,
)
from flowc.runtime.failure import AttemptFailedError, show, user_code
from flowc.runtime.foreach_stack import whereabouts
from flowc.runtime.inputs import Inputs
from flowc.runtime.load import load_flow
from flowc.runtime.metadata import place_of
from flowc.runtime.options import AUTO
from flowc.runtime.parameters import resolve
from flowc.runtime.plan import read_plan
from flowc.runtime.position import Control, decide, normalize, parents
from flowc.runtime.records import Done
from flowc.runtime.run_store import STACK, RunStore, inherited
from flowc.runtime.store import open_store
from flowc.runtime.transition import missing_transition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.gang import Gang
    from flowc.runtime.nodes import Followers
    from flowc.runtime.options import Options
    from flowc.runtime.origin import Origin
    from flowc.runtime.plan import Catch
    from flowc.runtime.position import TaskId
    from flowc.runtime.spec import FlowSpec

# What a node of a multi-node job of AWS Batch has, and no other task.
_NODES = "AWS_BATCH_JOB_NUM_NODES"
_CAUGHT_SECONDS = 60


def run_task(options: Options) -> list[tuple[str, Control]]:
    """Run one attempt of a task and commit it; what it decided, its own control record first."""
    plan = read_plan(options.plan)
    store = open_store(options.store)
    place = place_of(store, options.store, options.metadata)
    run = RunStore(store, plan, options.run, options.patience, place)
    step = plan.step(options.step)
    path = normalize(plan, step.name, options.path)
    context = Context(run, step, path, {})
    followers = _followers(context)
    origin = _origin(run, options)
    if step.name == plan.start:
        run.annotate(options.tags, options.namespace, options.origin)
    cloned = origin.clone(step, path) if origin else None
    if cloned is not None:
        tell(f"task `{step.name}` at `{path}` is cloned from run `{options.origin}`")
        if followers:
            followers.wait(anew=False)
        return cloned
    number = options.attempt
    if number == AUTO:
        number = run.records.count_attempts(step.name, path)
    seen = run.records.seen(step.name, path)
    run.records.start(step.name, path, number)
    if plan.runtime == "metaflow":
        from flowc.runtime.metaflow_step import run_under_metaflow  # noqa: PLC0415 (few flows)

        return run_under_metaflow(options, context, number, seen, origin)
    resumes = {"origin-run-id": options.origin} if options.origin else {}
    facts = {**whereabouts(run, step.name, path), **resumes}
    run.metadata(step.name, path, number).start(facts)
    current.enter(context, number, options.store)
    current.origin_run_id = options.origin or None
    attempt = _Attempt(options, context, number, seen, origin)
    try:
        return attempt.run(followers)
    except FlowError as error:
        attempt.give_up(error)
        raise
    except AttemptFailedError as failed:
        attempt.give_up(failed.error)
        raise


def _followers(context: Context) -> Followers | None:
    if _NODES not in os.environ:
        return None
    from flowc.runtime.nodes import followers  # noqa: PLC0415 (few tasks are nodes of a job)

    return followers(context)


def _origin(run: RunStore, options: Options) -> Origin | None:
    if not options.origin:
        return None
    from flowc.runtime.origin import Origin  # noqa: PLC0415 (few runs resume another)

    explain = "step `{}` runs again: {}"
    origin = Origin(
        run, options.origin, options.again, lambda step, why: tell(explain.format(step, why))
    )
    if options.step == run.plan.start:
        origin.check()
    return origin


class _Attempt:
    def __init__(
        self,
        options: Options,
        context: Context,
        number: int,
        seen: bytes | None,
        origin: Origin | None,
    ) -> None:
        self._options = options
        self._context = context
        self._step = context.step
        self._run = context.run
        self._number = number
        self._seen = seen
        self._origin = origin
        self._flow: type[FlowSpec] | None = None
        self._parents: list[TaskId] = []
        self._gang: Gang | None = None
        self._parameters: list[str] = []
        self._has_caught = False

    def run(self, followers: Followers | None) -> list[tuple[str, Control]]:
        decided = self._run_alone()
        if followers:
            # Where this one has caught its failure, others may only do so in the next attempt.
            short = self._has_caught and not self._fallback()
            followers.wait(anew=not self._fallback(), most=_CAUGHT_SECONDS if short else None)
        return decided

    def _run_alone(self) -> list[tuple[str, Control]]:
        step, path = self._step, self._context.path
        fallback = self._fallback()
        if fallback and self._seen:
            # An attempt was committed, but could not say so any more.
            return publish(self._run, (step.name, path), self._run.records.done(step.name, path))
        if step.packages and not fallback:
            faster = self._move()
            if faster:
                return publish(self._run, (step.name, path), faster)
        self._parents = parents(self._run.plan, step.name, path, self._run.records.control)
        if len(self._parents) > 1 and not step.join:
            raise GraphError(f"{len(self._parents)} tasks lead to `{step.name}`, which is no join")
        self._context.artifacts = self._inherited()
        self._gang = self._as_member()
        if fallback:
            return self._fall_back(fallback)
        if self._gang is None:
            return self._run_step()
        with self._gang:
            return self._run_step()

    def _move(self) -> Done | None:
        """Go to the step's environment; there, what another execution committed meanwhile."""
        from flowc.runtime import environments  # noqa: PLC0415 (few steps name packages)

        seen = sha1(self._seen) if self._seen else ""
        began = environments.entered()
        if began is None:
            own = environments.needed(self._step, self._options.store)
            raise OtherPythonError(environments.made(self._step, own), self._number, seen)
        same = seen == began
        return None if same else self._run.records.find_done(self._step.name, self._context.path)

    def _as_member(self) -> Gang | None:
        place = self._context.place_in_gang(self._number)
        if place is None:
            return None
        from flowc.runtime.gang import Gang  # noqa: PLC0415 (few steps are of a gang)

        return Gang(self._run.store, place)

    def give_up(self, error: Exception | None) -> None:
        """Let the Client know that the attempt failed, unless another execution has succeeded."""
        step, path, run = self._step.name, self._context.path, self._run
        metadata = run.metadata(step, path, self._number)
        failure = {"_exception": CaughtError(error)} if error else {}
        # A store that cannot be written to must not hide what went wrong before.
        with suppress(FlowError, RefusalError):
            if not metadata.is_read or run.records.find_done(step, path):
                return
            marks = self._save({**failure, "_success": False, "_task_ok": False})
            metadata.finish(marks, {}, ok=False)

    def _fallback(self) -> Catch | None:
        return self._step.catch if self._number > self._step.retries else None

    def _fall_back(self, catch: Catch) -> list[tuple[str, Control]]:
        error = FailedAttemptsError(
            f"task execution kept failing over {self._number} attempts; the code did not raise an "
            "exception, something in the execution environment caused the failure"
        )
        return self._commit_caught({}, catch, error)

    def _inherited(self) -> dict[str, Artifact]:
        if not self._parents:
            # A fallback keeps away from the user's code, where another attempt has read it.
            earlier = self._run.parameters() if self._fallback() else None
            parameters = earlier or self._resolve_parameters()
            # `_success` is what the task will say of itself.
            self._parameters = [name for name in parameters if name != "_success"]
            return parameters
        if not self._step.join:
            return inherited(self._run.committed(*self._parents[0]))
        found = self._run.records.wait_for(self._run.parameters)
        if found is None:
            raise RefusalError(f"run `{self._run.run}` has no parameters on record")
        return found

    def _resolve_parameters(self) -> dict[str, Artifact]:
        from flowc.runtime.graph_info import describe  # noqa: PLC0415 (only the first task is here)
        from flowc.runtime.spec import constants  # noqa: PLC0415

        flow = self._load()
        kept = self._origin.parameters() if self._origin else {}
        with user_code():
            values = resolve(flow, self._options.parameters, self._run.plan.configs, kept)
        own = {"_graph_info": describe(self._run.plan), "_success": True, "_task_ok": True}
        return self._run.write_parameters({**constants(flow), **values, **own}, kept)

    def _load(self) -> type[FlowSpec]:
        if self._flow is None:
            with user_code():
                self._flow = load_flow(self._options.source, self._run.plan)
        if self._flow is None:
            raise RefusalError(f"`{self._run.plan.file}` exits when it is loaded")
        return self._flow

    def _run_step(self) -> list[tuple[str, Control]]:
        cls = self._load()
        if not hasattr(cls, self._step.name):
            raise RefusalError(
                f"flow `{cls.__name__}` has no step `{self._step.name}` any more; compile it again"
            )
        if self._step.secrets:
            from flowc.runtime.secret_sources import provide  # noqa: PLC0415 (few steps have any)

            provide(self._step, getattr(cls, self._step.name))
        flow = cls.__new__(cls)
        vars(flow)[SLOT] = self._context
        arguments = [Inputs(self._run, cls, self._parents)] if self._step.join else []
        try:
            with user_code(), deadline(self._step.name, self._step.timeout):
                getattr(flow, self._step.name)(*arguments)
        except AttemptFailedError as failed:
            is_last = self._number >= self._step.retries
            if failed.error is None or self._step.catch is None or not is_last:
                raise
            return self._commit_caught(vars(flow), self._step.catch, failed.error)
        decided = self._decide()
        catch = self._step.catch
        unset = {catch.artifact: None} if catch and catch.artifact else {}
        artifacts = self._context.collect({**vars(flow), **unset})
        if self._gang:
            self._gang.finish()
        return self._commit({**artifacts, **self._items(artifacts)}, decided, caught=False)

    def _commit_caught(
        self, values: Mapping[str, Any], catch: Catch, error: Exception
    ) -> list[tuple[str, Control]]:
        if catch.print:
            print(f"@catch caught an exception from step `{self._step.name}`:")  # noqa: T201
            show(error)
        if self._gang:
            self._gang.leave()
        self._has_caught = True
        caught = {catch.artifact: CaughtError(error)} if catch.artifact else {}
        return self._commit(self._context.collect({**values, **caught}), [], caught=True)

    def _commit(
        self,
        artifacts: dict[str, Artifact],
        decided: list[tuple[str, Control]],
        *,
        caught: bool,
    ) -> list[tuple[str, Control]]:
        step, path, run = self._step.name, self._context.path, self._run
        metadata = run.metadata(step, path, self._number)
        frames = self._context.frames() if metadata.is_read else []
        marks = self._marks(artifacts, frames, caught=caught, again=metadata.has("_exception"))
        done = Done(
            attempt=self._number,
            time=time.time(),
            parents=self._parents,
            parameters=self._parameters,
            caught=caught,
            artifacts={**artifacts, **marks},
            control=decided[0][1] if decided else Control(),
        )
        stands = run.records.commit((step, path), done, self._seen)
        return publish(run, (step, path), stands, frames)

    def _marks(
        self, artifacts: Mapping[str, Artifact], frames: list[Any], *, caught: bool, again: bool
    ) -> dict[str, Artifact]:
        # A task that follows one with a caught failure has not failed. That `_task_ok` is true
        # comes with the parameters, so that nothing needs to be stored to say so.
        stored = artifacts.get("_task_ok")
        success = {"_success": stored} if stored and not caught else {}
        unstored = {} if success else {"_success": not caught, "_task_ok": True}
        # The failure of an earlier execution with the same number would still be on show.
        stale = {"_exception": None} if again else {}
        stack = {STACK: frames} if frames else {}
        return {**success, **self._save({**unstored, **stale, **stack})}

    def _save(self, values: Mapping[str, Any]) -> dict[str, Artifact]:
        return {name: self._run.artifacts.save(name, value) for name, value in values.items()}

    def _decide(self) -> list[tuple[str, Control]]:
        step, path, transition = self._step, self._context.path, self._context.transition
        if transition is None:
            if step.kind != "end":
                raise missing_transition(step, self._run.plan.file)
            return []
        if transition.chosen:
            return decide(self._run.plan, step.name, path, transition.chosen)
        return [(path, Control(count=transition.count))] if transition.count else []

    def _items(self, artifacts: Mapping[str, Artifact]) -> dict[str, Artifact]:
        transition = self._context.transition
        if transition is None or not transition.items:
            return {}
        return self._run.save_items(transition.items, artifacts.get(transition.artifact))
