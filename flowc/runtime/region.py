"""`region`: all tasks of a foreach's slot or of a loop, one container for all of them.

Each attempt is a process of its own, with the step's retries, timeout, `@catch` and environment,
and leaves behind what it would leave elsewhere. A region that was interrupted goes on where it
was; one that has finished runs all its tasks again.
"""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import count

from flowc.runtime.errors import RefusalError, tell
from flowc.runtime.plan import Foreach, Loop, Split, Switch, Task, inner_blocks, read_plan
from flowc.runtime.position import Control, enclosing, normalize
from flowc.runtime.processes import Launch, Processes
from flowc.runtime.run_store import RunStore
from flowc.runtime.store import open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from typing import Union

    from flowc.runtime.options import Options
    from flowc.runtime.plan import Block, Plan, Region, Step

    Work = Callable[[], object]
    Places = AbstractContextManager[object]

_REFUSED = 64

# The shim ends a step whose time is up; only one that it cannot end is killed, so much later.
_TIMEOUT_GRACE_SECONDS = 60

# What is said to the region is not meant for its tasks.
_NOT_INHERITED = frozenset({"FLOWC_CONTROL", "FLOWC_SLOT", "FLOWC_SLOTS", "FLOWC_JOBS"})
_PLAN = "FLOWC_PLAN"

_DECIDE = frozenset({"foreach", "gang", "switch"})


def run_region(options: Options) -> list[tuple[str, Control]]:
    """Run a region to its end; how a loop was left, with the path of its latch."""
    plan = read_plan(options.plan)
    run = RunStore(open_store(options.store), plan, options.run, options.patience)
    region, base = _find(plan, options.step, options.path)
    chosen = _chosen(options, region, run, base)
    name = f"{base}@{options.slot}of{options.slots}" if options.slots else base
    record = f"{plan.flow}/{run.run}/_flowc/regions/{options.step}/{name}.json"
    work = _Region(options, run, is_new=not run.store.exists(record))
    control = work.run(region, base, chosen)
    run.store.write(record, json.dumps({"time": time.time()}).encode())
    return [(base, control)] if control else []


def _find(plan: Plan, at: str, path: str) -> tuple[Union[Foreach, Loop], str]:
    """The outermost foreach or loop of a step, and the path at which it is entered."""
    plan.step(at)
    whole = normalize(plan, at, path)
    for depth, frame in enumerate(enclosing(plan, at), start=1):
        if isinstance(frame, Loop) and frame.at == at:
            frames = whole.split(".")
            return frame, ".".join(frames[:depth])
    for foreach in _foreaches(plan.body):
        if foreach.at == at:
            return foreach, whole
    raise RefusalError(f"step `{at}` opens no foreach and closes no loop")


def _foreaches(block: Block) -> Iterable[Foreach]:
    for region in block:
        if isinstance(region, Foreach):
            yield region
        for inner in inner_blocks(region):
            yield from _foreaches(inner)


def _chosen(
    options: Options, region: Union[Foreach, Loop], run: RunStore, base: str
) -> Sequence[int]:
    """The indices of a foreach that are this slot's; none of a loop."""
    if isinstance(region, Loop):
        if options.slots:
            raise RefusalError(f"the loop of `{region.at}` has no slots")
        return ()
    width = run.records.control(region.at, base).count
    if not options.slots:
        return range(width)
    slots = min(options.slots, width)
    if region.gang and slots > 1:
        raise RefusalError(
            f"the gang of `{region.at}` has no slots: its members wait for each other"
        )
    if not 0 <= options.slot < slots:
        raise RefusalError(f"there is no slot {options.slot} of {slots}")
    return range(options.slot * width // slots, (options.slot + 1) * width // slots)


class _HaltedError(Exception):
    """Nothing more is started: a task failed for good."""


class _Region:
    def __init__(self, options: Options, run: RunStore, *, is_new: bool) -> None:
        self._options = options
        self._run = run
        self._is_new = is_new
        self._processes = Processes(run.store)
        self._places = threading.BoundedSemaphore(options.jobs)
        self._failure: BaseException | None = None

    def run(self, region: Region, base: str, indices: Sequence[int]) -> Control:
        """Run the loop, or the foreach for the indices; how the loop was left."""
        try:
            with self._processes.ended_by_signals():
                if isinstance(region, Foreach):
                    self._foreach(region, base, indices)
                    return Control()
                return self._in_region(region, base, Control())
        except _HaltedError:
            assert self._failure
            raise self._failure from None

    def _block(self, block: Block, path: str) -> Control:
        """Run a block; what its last task decided."""
        control = Control()
        for region in block:
            control = self._in_region(region, path, control)
        return control

    def _in_region(self, region: Region, path: str, before: Control) -> Control:
        if isinstance(region, Task):
            return self._task(region.step, path)
        if isinstance(region, Split):
            self._together([partial(self._block, branch, path) for branch in region.branches])
        elif isinstance(region, Foreach):
            self._foreach(region, path, range(before.count))
        elif isinstance(region, Switch):
            return self._block(region.arms[before.next], path)
        else:
            return self._loop(region, path)
        return Control()

    def _loop(self, loop: Loop, path: str) -> Control:
        for iteration in count():
            control = self._block(loop.body, f"{path}.r{iteration}")
            if control.next != loop.to:
                break
        return control

    def _foreach(self, foreach: Foreach, path: str, indices: Sequence[int]) -> None:
        paths = [f"{path}.{index}" for index in indices]
        if foreach.gang:
            self._gang(foreach.body, paths)
            return
        self._together([partial(self._block, foreach.body, each) for each in paths])

    def _gang(self, body: Block, paths: list[str]) -> None:
        """Run all members at once, whatever the number of jobs."""
        steps = [region.step for region in body if isinstance(region, Task)]
        members = [(step, path) for path in paths for step in steps]
        if self._is_new and all(self._run.records.find_done(*member) for member in members):
            return
        works = [partial(self._attempts, *member, nullcontext()) for member in members]
        self._side_by_side(works, len(members))

    def _together(self, works: Sequence[Work]) -> None:
        if self._options.jobs == 1:
            for work in works:
                work()
        else:
            self._side_by_side(works, min(len(works), self._options.jobs))

    def _side_by_side(self, works: Sequence[Work], width: int) -> None:
        """Run works side by side; where one fails, the others come to their own ends first."""
        with ThreadPoolExecutor(width) as threads:
            results = [threads.submit(self._noted, work) for work in works]
        for result in results:
            result.result()

    def _noted(self, work: Work) -> None:
        try:
            work()
        except BaseException as error:
            self._failure = self._failure or error
            raise

    def _task(self, step: str, path: str) -> Control:
        if not (self._is_new and self._run.records.find_done(step, path)):
            self._attempts(step, path, self._places)
        is_needed = self._run.plan.step(step).kind in _DECIDE
        return self._run.records.control(step, path) if is_needed else Control()

    def _attempts(self, name: str, path: str, places: Places) -> None:
        step = self._run.plan.step(name)
        last = step.retries + (step.catch is not None)
        # An attempt that was cut off counts, but the last one is always made.
        started = self._run.records.count_attempts(name, path) if self._is_new else 0
        for attempt in range(min(started, last), last + 1):
            code = self._attempt(step, path, attempt, places)
            if code == 0:
                return
            if code == _REFUSED or attempt == last:
                self._fail(name, path, attempt, code)
            tell(f"{name}/{path} ended with exit code {code}; it is tried again")
            time.sleep(step.delay)

    def _attempt(self, step: Step, path: str, attempt: int, places: Places) -> int:
        with places:
            if self._failure:
                raise _HaltedError
            return self._processes.run(self._launch(step, path, attempt))

    def _fail(self, step: str, path: str, attempt: int, code: int) -> None:
        # Its attempts are used up: to run the region again is of no use either.
        times = f"after {attempt + 1} attempts" if attempt else "at its only attempt"
        self._failure = self._failure or RefusalError(
            f"task `{step}` at `{path}` failed {times}, with exit code {code}"
        )
        raise _HaltedError

    def _launch(self, step: Step, path: str, attempt: int) -> Launch:
        options = self._options
        # The plan may be a text as long as a word or variable can be, so it is said only once, and
        # nothing is added to the word.
        is_known = os.environ.get(_PLAN) == options.plan
        plan = [] if is_known else ["--plan", options.plan]
        given = {
            "source": options.source,
            "store": options.store,
            "run": options.run,
            "path": path,
            "attempt": str(attempt),
            "wait": str(options.patience),
            **(
                {"origin": options.origin, "from": ",".join(options.again)}
                if options.origin
                else {}
            ),
        }
        inherited = {name: text for name, text in os.environ.items() if name not in _NOT_INHERITED}
        return Launch(
            ["step", step.name, *plan, *(f"--{name}={word}" for name, word in given.items())],
            {**inherited, **step.environment},
            name=f"{step.name}/{path}",
            log=f"{self._run.plan.flow}/{self._run.task(step.name, path)}/{attempt}.task_",
            limit=step.timeout + _TIMEOUT_GRACE_SECONDS if step.timeout else None,
        )
