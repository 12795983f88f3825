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
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from flowc.errors import InternalError, UsageError
from flowc.ir.plan import render_plan
from flowc.ir.region import Foreach, Loop, Split, Switch, Task
from flowc.local.attempt import Attempts, Gang, Launch
from flowc.local.commands import Commands, Control
from flowc.local.events import (
    Failure,
    ForeachOpened,
    RunFinished,
    RunInterrupted,
    RunResult,
    RunStarted,
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

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from concurrent.futures import Executor

    from flowc.ir.flow import Flow
    from flowc.ir.region import Block, Region
    from flowc.local.events import Event, Stream
    from flowc.local.settings import RunSettings

# The shim's exit code for a failure that no further attempt can mend.
_NO_RETRY = 64

# How long tasks have to end by themselves when the run is interrupted.
_LAST_WORDS_SECONDS = 5

# Threads are made when they are needed, one for each process that runs; the slots bound those.
_MOST_THREADS = 100_000


@dataclass(frozen=True, slots=True)
class _Place:
    """Where tasks run: the slots that they share, and the gang that they are of, if any."""

    slots: Slots
    gang: Gang | None = None


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
        result = asyncio.run(_Run(flow, settings, commands, threads, listener).to_end())
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
        threads: Executor,
        listener: Callable[[Event], None],
    ) -> None:
        self._flow = flow
        self._settings = settings
        self._commands = commands
        self._tell = listener
        self._attempts = Attempts(threads)
        self._failures: list[Failure] = []
        self._finished = 0
        self._halted = False
        self._interrupted = False

    async def to_end(self) -> RunResult:
        began = time.monotonic()
        self._tell(RunStarted(self._flow.name, self._settings.run, self._commands.folder))
        with intercepted(self._interrupt):
            try:
                place = _Place(Slots(self._settings.max_workers))
                await self._block(self._flow.body, "t", place)
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
        )
        self._tell(RunFinished(result))
        return result

    async def _block(self, block: Block, path: str, place: _Place) -> Control:
        """Run a block; what its last task decided."""
        control = Control()
        for region in block:
            control = await self._region(region, path, place, control)
        return control

    async def _region(self, region: Region, path: str, place: _Place, before: Control) -> Control:
        match region:
            case Task():
                return await self._task(region, path, place)
            case Split(_, branches):
                await _together(self._block(branch, path, place) for branch in branches)
            case Foreach():
                await self._foreach(region, path, place, before.count)
            case Switch():
                return await self._block(_chosen(region, before.next), path, place)
            case Loop(_, to, body):
                return await self._loop(to, body, path, place)
            case _:
                assert_never(region)
        return Control()

    async def _loop(self, to: str, body: Block, path: str, place: _Place) -> Control:
        for iteration in count():
            control = await self._block(body, f"{path}.r{iteration}", place)
            if control.next != to:
                break
        return control

    async def _foreach(self, region: Foreach, path: str, place: _Place, size: int) -> None:
        self._tell(ForeachOpened(region.at, path, size, tuple(_certain_steps(region.body))))
        if region.gang:
            async with place.slots.take(size):
                gang = Gang()
                await _together(self._member(region.body, f"{path}.{i}", gang) for i in range(size))
            return
        indices = iter(range(size))
        workers = min(size, self._settings.max_workers)
        await _together(self._bodies(region.body, path, place, indices) for _ in range(workers))

    async def _member(self, body: Block, path: str, gang: Gang) -> None:
        """Run a gang's member in one of the slots that the gang has taken."""
        try:
            await self._block(body, path, _Place(Slots(1), gang))
        except BaseException:
            # The others may wait for this one for ever.
            if not gang.failed:
                gang.failed = True
                self._terminate(gang)
            raise

    async def _bodies(self, body: Block, path: str, place: _Place, indices: Iterator[int]) -> None:
        for index in indices:
            await self._block(body, f"{path}.{index}", place)

    async def _task(self, task: Task, path: str, place: _Place) -> Control:
        async with place.slots.take():
            try:
                return await self._attempt_all(task, path, place.gang)
            except BaseException:
                self._halted = True
                raise

    async def _attempt_all(self, task: Task, path: str, gang: Gang | None) -> Control:
        if self._halted:
            raise _HaltedError
        last = self._flow.steps[task.step].policy.attempts - 1
        for attempt in range(last + 1):
            began = time.monotonic()
            self._tell(TaskStarted(task.step, path, attempt))
            launch = self._commands.launch(task, path, attempt)
            tell = partial(self._tell_line, task.step, path, attempt)
            exit_code = await self._attempts.run(launch, gang, tell)
            seconds = time.monotonic() - began
            await self._put_logs(launch, tell)
            if exit_code == 0:
                self._finished += 1
                self._tell(TaskFinished(task.step, path, attempt, seconds))
                return self._commands.decided(task, path, attempt)
            if self._interrupted or (gang and gang.failed):
                self._tell(TaskStopped(task.step, path, attempt, seconds))
                break
            if attempt == last or exit_code == _NO_RETRY:
                log = launch.log("stderr")
                kept = self._settings.url(log)
                failure = Failure(task.step, path, attempt + 1, exit_code, log, kept)
                self._failures.append(failure)
                self._tell(TaskFailed(failure, seconds))
                break
            self._tell(TaskRetried(task.step, path, attempt, exit_code, seconds))
        raise _HaltedError

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
