"""Tasks in one container: each attempt is a process of its own, as it would be elsewhere.

It has the step's retries, delay, timeout, `@catch` and environment, and leaves behind what it would
leave elsewhere, and its log.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import count

from flowc.runtime.errors import RefusalError, tell
from flowc.runtime.plan import Foreach, Loop, Split, Switch, Task
from flowc.runtime.position import Control
from flowc.runtime.processes import Launch, Processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from flowc.runtime.options import Options
    from flowc.runtime.plan import Block, Region, Step
    from flowc.runtime.run_store import RunStore

    Places = AbstractContextManager[object]
    T = TypeVar("T")

_REFUSED = 64

# The shim ends a step whose time is up; only one that it cannot end is killed, so much later.
_TIMEOUT_GRACE_SECONDS = 60

# What is said to the container is not meant for its tasks.
_NOT_INHERITED = frozenset({"FLOWC_CONTROL", "FLOWC_SLOT", "FLOWC_SLOTS", "FLOWC_JOBS"})
_PLAN = "FLOWC_PLAN"

_DECIDE = frozenset({"foreach", "gang", "switch"})


class _HaltedError(Exception):
    """Nothing more is started: a task failed for good."""


class Walk:
    """Runs tasks in processes of this container, `options.jobs` of them at once.

    Where it is `new`, tasks that are done stay so, and those of their attempts that were cut off
    count, if they are to be `counted`.
    """

    def __init__(self, options: Options, run: RunStore, *, new: bool, counted: bool) -> None:
        self._options = options
        self._run = run
        self._is_new = new
        self._are_counted = counted
        self._processes = Processes(run.store)
        self._places = threading.BoundedSemaphore(options.jobs)
        self._failure: BaseException | None = None

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Run works of this walk to their ends; what each of them has returned."""
        try:
            with self._processes.ended_by_signals():
                return self._together(works)
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
            return self.task(region.step, path)
        if isinstance(region, Split):
            self._together([partial(self._block, branch, path) for branch in region.branches])
        elif isinstance(region, Foreach):
            self.foreach(region, path, range(before.count))
        elif isinstance(region, Switch):
            return self._block(region.arms[before.next], path)
        else:
            return self.loop(region, path)
        return Control()

    def loop(self, loop: Loop, path: str) -> Control:
        """Run a loop that is entered at a path; how it was left."""
        for iteration in count():
            control = self._block(loop.body, f"{path}.r{iteration}")
            if control.next != loop.to:
                break
        return control

    def foreach(self, foreach: Foreach, path: str, indices: Sequence[int]) -> None:
        """Run the items of a foreach that have these indices."""
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

    def _together(self, works: Sequence[Callable[[], T]]) -> list[T]:
        width = min(len(works), self._options.jobs)
        return self._side_by_side(works, width) if width > 1 else [work() for work in works]

    def _side_by_side(self, works: Sequence[Callable[[], T]], width: int) -> list[T]:
        """Run works side by side; where one fails, the others come to their own ends first."""
        with ThreadPoolExecutor(width) as threads:
            results = [threads.submit(self._noted, work) for work in works]
        return [result.result() for result in results]

    def _noted(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except BaseException as error:
            self._failure = self._failure or error
            raise

    def task(self, step: str, path: str) -> Control:
        """Run a task, unless it is done; what it decided."""
        if not (self._is_new and self._run.records.find_done(step, path)):
            self._attempts(step, path, self._places)
        is_needed = self._run.plan.step(step).kind in _DECIDE
        return self._run.records.control(step, path) if is_needed else Control()

    def _attempts(self, name: str, path: str, places: Places) -> None:
        step = self._run.plan.step(name)
        last = step.retries + (step.catch is not None)
        # An attempt that was cut off counts, but the last one is always made.
        counts = self._is_new and self._are_counted
        started = self._run.records.count_attempts(name, path) if counts else 0
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
        # Its attempts are used up: to run the whole again is of no use either.
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
            **({"metadata": options.metadata} if options.metadata else {}),
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
