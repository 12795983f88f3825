"""Walks a flow's regions and runs each task in a process on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from flowc.errors import InternalError, UsageError
from flowc.ir.plan import render_plan
from flowc.ir.region import Foreach, Loop, Split, Switch, Task
from flowc.local.attempt import Attempts, Gang
from flowc.local.commands import Commands, Control
from flowc.local.events import (
    Failure,
    ForeachOpened,
    RunFinished,
    RunInterrupted,
    RunResult,
    RunStarted,
    StepChanged,
    TaskCloned,
    TaskFailed,
    TaskFinished,
    TaskLine,
    TaskRetried,
    TaskStarted,
    TaskStopped,
)
from flowc.local.heartbeat import heartbeat
from flowc.local.lifetime import OUTCOME, lifetime
from flowc.local.signals import intercepted
from flowc.local.slots import Slots
from flowc.local.starter import starter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from flowc.ir.flow import Flow
    from flowc.ir.region import Block, Region
    from flowc.local.events import Event, Stream
    from flowc.local.process import Launch
    from flowc.local.settings import RunSettings
    from flowc.local.starter import Starter

# The shim's exit code for a failure that no further attempt can mend.
_NO_RETRY = 64

# How long tasks have to end by themselves when the run is interrupted.
_LAST_WORDS_SECONDS = 5

# Threads are made when they are needed, one for each process that runs; the slots bound those.
_MOST_THREADS = 100_000


@dataclass(frozen=True, slots=True)
class _Ended:
    """An attempt that ended. `stopped` says that another member of its gang had failed before."""

    step: str
    path: str
    attempt: int
    exit_code: int
    seconds: float
    launch: Launch
    stopped: bool = False


class _HaltedError(Exception):
    """Nothing more is started here: a task failed for good, or the run was interrupted."""


def run(flow: Flow, settings: RunSettings, listener: Callable[[Event], None]) -> RunResult:
    """Run a flow to its end or its first failure; how it ended, once nothing of it runs any more.

    SIGINT, SIGTERM and SIGHUP end all tasks, a second one at once, and give a result that says so.
    Raises `UsageError` if the run cannot start.
    """
    if shutil.which(settings.python) is None:
        raise UsageError(f"no such Python: {settings.python}")
    if settings.max_workers < 1:
        raise UsageError(f"at least one task must run at once, not {settings.max_workers}")
    folder = settings.store.absolute() / flow.name / settings.run
    plan = _write_plan(flow, folder)
    if settings.remote:
        settings.remote.put(settings.key(plan), plan)
    with (
        lifetime(plan.parent) as ended,
        heartbeat(settings, plan.parent),
        tempfile.TemporaryDirectory(prefix="flowc-") as control,
        ThreadPoolExecutor(_MOST_THREADS) as threads,
    ):
        commands = Commands(flow, settings, folder, plan, Path(control))
        with starter(settings.python, commands.common, threads) as processes:
            result = asyncio.run(_Run(flow, settings, commands, processes, listener).to_end())
        ended(result)
        if settings.remote:
            outcome = plan.with_name(OUTCOME)
            # The run is over, and nothing of it is lost without this.
            with suppress(UsageError):
                settings.remote.put(settings.key(outcome), outcome)
        return result


def _write_plan(flow: Flow, folder: Path) -> Path:
    plan = folder / "_flowc" / "plan.json"
    draft = plan.with_name(f".plan.{os.getpid()}")
    try:
        plan.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(render_plan(flow), encoding="utf-8")
        draft.replace(plan)
    except OSError as error:
        raise UsageError(f"cannot keep the run in {folder}: {error.strerror}") from error
    return plan


class _Run:
    def __init__(
        self,
        flow: Flow,
        settings: RunSettings,
        commands: Commands,
        processes: Starter,
        listener: Callable[[Event], None],
    ) -> None:
        self._flow = flow
        self._settings = settings
        self._commands = commands
        self._tell = listener
        self._attempts = Attempts(processes)
        self._resumption = settings.resumption
        self._failures: list[Failure] = []
        self._finished = 0
        self._cloned = 0
        self._halted = False
        self._interrupted = False

    async def to_end(self) -> RunResult:
        began = time.monotonic()
        self._tell(RunStarted(self._flow.name, self._settings.run, self._commands.folder))
        with intercepted(self._interrupt):
            try:
                slots = Slots(self._settings.max_workers)
                await self._block(self._flow.body, "t", slots)
            except _HaltedError:
                pass
            finally:
                self._attempts.signal(signal.SIGKILL)
        result = RunResult(
            flow=self._flow.name,
            run=self._settings.run,
            folder=self._commands.folder,
            tasks=self._finished,
            seconds=time.monotonic() - began,
            failures=tuple(self._failures),
            interrupted=self._interrupted,
            url=self._settings.url(self._commands.folder),
            origin=self._resumption.origin if self._resumption else "",
            cloned=self._cloned,
        )
        self._tell(RunFinished(result))
        return result

    async def _block(self, block: Block, path: str, slots: Slots) -> Control:
        """Run a block; what its last task decided."""
        control = Control()
        for region in block:
            control = await self._region(region, path, slots, control)
        return control

    async def _region(self, region: Region, path: str, slots: Slots, before: Control) -> Control:
        match region:
            case Task():
                return await self._task(region, path, slots)
            case Split(_, branches):
                await _together(self._block(branch, path, slots) for branch in branches)
            case Foreach():
                await self._foreach(region, path, slots, before.count)
            case Switch():
                return await self._block(_chosen(region, before.next), path, slots)
            case Loop(_, to, body):
                return await self._loop(to, body, path, slots)
            case _:
                assert_never(region)
        return Control()

    async def _loop(self, to: str, body: Block, path: str, slots: Slots) -> Control:
        for iteration in count():
            control = await self._block(body, f"{path}.r{iteration}", slots)
            if control.next != to:
                break
        return control

    async def _foreach(self, region: Foreach, path: str, slots: Slots, size: int) -> None:
        self._tell(ForeachOpened(region.at, path, size, tuple(_certain_steps(region.body))))
        if region.gang:
            async with slots.take(size):
                await self._gang(_member_task(region), [f"{path}.{i}" for i in range(size)])
            return
        indices = iter(range(size))
        workers = min(size, self._settings.max_workers)
        await _together(self._bodies(region.body, path, slots, indices) for _ in range(workers))

    async def _gang(self, task: Task, paths: list[str]) -> None:
        """Run the members of a gang side by side; where one fails, all of them start again."""
        if self._halted:
            raise _HaltedError
        # Some members of a gang are never cloned without the others.
        if all([await self._clone(task, path) for path in paths]):
            return
        last = self._flow.steps[task.step].policy.attempts - 1
        for attempt in range(last + 1):
            gang = Gang()
            members = [self._member(task, path, attempt, gang) for path in paths]
            outcomes = await asyncio.gather(*members, return_exceptions=True)
            if not self._starts_again(list(_certain(outcomes)), is_last=attempt == last):
                return

    async def _member(self, task: Task, path: str, attempt: int, gang: Gang) -> _Ended:
        ended = await self._attempt(task, path, attempt, gang)
        if ended.exit_code and not gang.failed:
            # The others may wait for this one for ever.
            gang.failed = True
            self._terminate(gang)
            return ended
        return replace(ended, stopped=gang.failed)

    def _starts_again(self, members: list[_Ended], *, is_last: bool) -> bool:
        """Tell how a gang ended; whether it starts again, which is not so if all is well."""
        codes = {ended.exit_code for ended in members}
        is_over = codes == {0} or is_last or self._interrupted or _NO_RETRY in codes
        for ended in members:
            if ended.exit_code:
                self._tell_failed(ended, is_last=is_over)
            elif is_over:
                self._finish(ended)
            else:
                self._tell(TaskStopped(ended.step, ended.path, ended.attempt, ended.seconds))
        if is_over and codes != {0}:
            self._halted = True
            raise _HaltedError
        return not is_over

    async def _bodies(self, body: Block, path: str, slots: Slots, indices: Iterator[int]) -> None:
        for index in indices:
            await self._block(body, f"{path}.{index}", slots)

    async def _task(self, task: Task, path: str, slots: Slots) -> Control:
        async with slots.take():
            try:
                cloned = await self._clone(task, path)
                return cloned or await self._attempt_all(task, path)
            except BaseException:
                self._halted = True
                raise

    async def _clone(self, task: Task, path: str) -> Control | None:
        """What the task decided in the run that this one resumes, if it is cloned from there."""
        found = self._resumption
        if found is None or self._halted:
            return None
        cloned = await asyncio.to_thread(found.clone, task.step, path)
        if cloned.why:
            self._tell(StepChanged(task.step, found.origin, cloned.why))
        if cloned.control:
            self._cloned += 1
            self._tell(TaskCloned(task.step, path, found.origin))
        return cloned.control

    async def _attempt_all(self, task: Task, path: str) -> Control:
        if self._halted:
            raise _HaltedError
        last = self._flow.steps[task.step].policy.attempts - 1
        for attempt in range(last + 1):
            ended = await self._attempt(task, path, attempt)
            if ended.exit_code == 0:
                self._finish(ended)
                return self._commands.decided(task, path, attempt)
            is_last = attempt == last or ended.exit_code == _NO_RETRY or self._interrupted
            self._tell_failed(ended, is_last=is_last)
            if is_last:
                break
        raise _HaltedError

    async def _attempt(
        self, task: Task, path: str, attempt: int, gang: Gang | None = None
    ) -> _Ended:
        began = time.monotonic()
        self._tell(TaskStarted(task.step, path, attempt))
        launch = self._commands.launch(task, path, attempt)
        tell = partial(self._tell_line, task.step, path, attempt)
        exit_code = await self._attempts.run(launch, gang, tell)
        seconds = time.monotonic() - began
        await self._put_logs(launch, tell)
        return _Ended(task.step, path, attempt, exit_code, seconds, launch)

    def _finish(self, ended: _Ended) -> None:
        self._finished += 1
        self._tell(TaskFinished(ended.step, ended.path, ended.attempt, ended.seconds))

    def _tell_failed(self, ended: _Ended, *, is_last: bool) -> None:
        place = (ended.step, ended.path, ended.attempt)
        if self._interrupted or (ended.stopped and is_last):
            self._tell(TaskStopped(*place, ended.seconds))
        elif is_last:
            log = ended.launch.log("stderr")
            kept = self._settings.url(log)
            failure = Failure(ended.step, ended.path, ended.attempt + 1, ended.exit_code, log, kept)
            self._failures.append(failure)
            self._tell(TaskFailed(failure, ended.seconds))
        else:
            self._tell(TaskRetried(*place, ended.exit_code, ended.seconds))

    async def _put_logs(self, launch: Launch, tell: Callable[[Stream, str], None]) -> None:
        remote = self._settings.remote
        if remote is None:
            return
        streams: tuple[Stream, ...] = ("stdout", "stderr")
        for log in map(launch.log, streams):
            try:
                await asyncio.to_thread(remote.put, self._settings.key(log), log)
            except UsageError as error:
                # What the task did stands, and whether it did is told by its exit code.
                tell("stderr", f"flowc: {error}")

    def _tell_line(self, step: str, path: str, attempt: int, stream: Stream, text: str) -> None:
        self._tell(TaskLine(step, path, attempt, stream, text))

    def _interrupt(self) -> None:
        if self._interrupted:
            self._attempts.signal(signal.SIGKILL)
            return
        self._halted = self._interrupted = True
        self._tell(RunInterrupted(len(self._attempts)))
        self._terminate()

    def _terminate(self, gang: Gang | None = None) -> None:
        """End all attempts that run, or those of a gang; kill those that do not end soon."""
        self._attempts.signal(signal.SIGTERM, gang)
        loop = asyncio.get_running_loop()
        loop.call_later(_LAST_WORDS_SECONDS, self._attempts.signal, signal.SIGKILL, gang)


async def _together(blocks: Iterable[Coroutine[None, None, object]]) -> None:
    """Run blocks side by side; where one fails, the others come to their own ends first."""
    outcomes = await asyncio.gather(*blocks, return_exceptions=True)
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for error in sorted(errors, key=lambda error: isinstance(error, _HaltedError)):
        raise error


def _certain(outcomes: Iterable[_Ended | BaseException]) -> Iterator[_Ended]:
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        yield outcome


def _member_task(gang: Foreach) -> Task:
    match gang.body:
        case (Task() as task,):
            return task
    raise InternalError(f"the gang of `{gang.at}` is not one step")


def _chosen(switch: Switch, to: str) -> Block:
    for arm in switch.arms:
        if arm.to == to:
            return arm.body
    raise InternalError(f"switch `{switch.at}` has no arm for `{to}`")


def _certain_steps(block: Block) -> Iterator[str]:
    """The steps that run exactly once whenever the block does."""
    for region in block:
        if isinstance(region, Task):
            yield region.step
        elif isinstance(region, Split):
            for branch in region.branches:
                yield from _certain_steps(branch)
