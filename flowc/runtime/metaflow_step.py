"""One attempt of one task under the installed Metaflow: its own `step`, and what came of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec

from flowc.runtime.commit import note
from flowc.runtime.errors import GraphError, RefusalError, tell
from flowc.runtime.failure import AttemptFailedError
from flowc.runtime.metaflow_command import Command, Gang
from flowc.runtime.position import Control, decide, parents
from flowc.runtime.records import Done
from flowc.runtime.run_store import PARAMETERS, PARAMETERS_PATH
from flowc.runtime.username import username

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NoReturn

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.context import Context
    from flowc.runtime.options import Options
    from flowc.runtime.origin import Origin
    from flowc.runtime.position import TaskId

_OLDEST = (2, 19)
_VERSION = re.compile(r"""^metaflow_version\s*=\s*["'](\d+)\.(\d+)[^"']*["']""", re.MULTILINE)
# Metaflow's command line ends with it where its words or what a parameter is given are wrong.
_MISUSED = 2
# Of more inputs Metaflow takes the latest attempts, and does not understand if it is told which.
_MOST_WITH_ATTEMPT = 4
_FANS = frozenset({"foreach", "gang"})


def run_under_metaflow(
    options: Options, context: Context, number: int, seen: bytes | None, origin: Origin | None
) -> list[tuple[str, Control]]:
    """Let Metaflow run an attempt, and commit it; what the task decided, its own first.

    `seen` is the task's done record when this execution started, `origin` the run that is resumed.
    """
    _check_installed()
    if username() == "root":
        # Metaflow takes it for nobody, and runs nothing for nobody.
        os.environ["METAFLOW_USER"] = "unknown"
    with tempfile.TemporaryDirectory(prefix="flowc-") as scratch:
        return _Attempt(options, context, number, seen, scratch, origin=origin).run()


class _Attempt:
    def __init__(  # noqa: PLR0913 (each is something else that an attempt goes by)
        self,
        options: Options,
        context: Context,
        number: int,
        seen: bytes | None,
        scratch: str,
        *,
        origin: Origin | None,
    ) -> None:
        self._options = options
        self._context = context
        self._run = context.run
        self._step = context.step
        self._path = context.path
        self._number = number
        self._seen = seen
        self._origin = origin
        self._scratch = scratch
        self._command = Command(context.run.plan, options, context.run.about(), scratch)
        self._place = ""
        self._parents: list[TaskId] = []

    def run(self) -> list[tuple[str, Control]]:
        step, path = self._step, self._path
        self._parents = parents(self._run.plan, step.name, path, self._run.records.control)
        if len(self._parents) > 1 and not step.join:
            raise GraphError(f"{len(self._parents)} tasks lead to `{step.name}`, which is no join")
        if not self._parents:
            self._store_parameters()
        if step.packages and not (step.catch and self._number > step.retries):
            from flowc.runtime.metaflow_environment import environment_of  # noqa: PLC0415 (few steps)

            self._place = environment_of(step, self._options.store)
        place = self._context.place_in_gang(self._number)
        if place is None:
            self._call()
            return self._commit()
        from flowc.runtime.gang import Gang as Members  # noqa: PLC0415 (few steps are of a gang)

        members = Members(self._run.store, place)
        with members:
            self._call(Gang(place.control, place.size, place.index))
            members.finish()
            return self._commit()

    def _call(self, gang: Gang | None = None) -> None:
        step, path = self._step, self._path
        words = self._command.step(step.name, path, self._inputs(), gang)
        words += ["--retry-count", str(self._number), "--max-user-code-retries", str(step.retries)]
        if self._follows_fan():
            words += ["--split-index", str(self._innermost()[2])]
        variables = self._command.variables(gang)
        if self._run.plan.environment:
            words, variables = self._moved(words, variables)
        if _call(words, variables):
            raise AttemptFailedError(None)

    def _moved(
        self, words: list[str], variables: dict[str, str]
    ) -> tuple[list[str], dict[str, str]]:
        """The command in the step's environment, or such that Metaflow takes it there."""
        from flowc.runtime import metaflow_environment as elsewhere  # noqa: PLC0415 (few flows)

        if self._place:
            within = elsewhere.variables(variables, self._place, self._scratch)
            return elsewhere.moved(words, self._place), within
        if self._step.packages:
            return words, variables
        return elsewhere.sent(words), {**variables, **elsewhere.told(self._scratch)}

    def _store_parameters(self) -> None:
        self._run.metadata(self._step.name, self._path, self._number).introduce_run()
        self._run.records.keep_plan(self._run.plan.text)
        if self._run.parameters() is not None:
            return
        given = self._command.given(self._options.parameters)
        words = self._command.init(PARAMETERS_PATH)
        code = _call(words, {**self._command.variables(), **given})
        if code == _MISUSED:
            raise RefusalError("Metaflow does not take the parameters; it says why above")
        if code:
            raise AttemptFailedError(None)
        if self._origin:
            self._keep_parameters(self._origin.parameters())

    def _keep_parameters(self, kept: dict[str, Artifact]) -> None:
        """Take those parameters over that were not given anew."""
        plan, run = self._run.plan, self._run
        given = self._options.parameters
        pairs = zip(plan.parameters, plan.attributes)
        again = {attribute for name, attribute in pairs if name in given}
        others = {name: artifact for name, artifact in kept.items() if name not in again}
        run.write_parameters({}, {**(run.parameters() or {}), **others})

    def _inputs(self) -> list[str]:
        run = self._run.run
        if not self._parents:
            return [f"{run}/{PARAMETERS}/{PARAMETERS_PATH}"]
        if len(self._parents) > _MOST_WITH_ATTEMPT:
            return [f"{run}/{step}/{path}" for step, path in self._parents]
        return [
            f"{run}/{step}/{path}/{self._run.records.done(step, path).attempt}"
            for step, path in self._parents
        ]

    def _follows_fan(self) -> bool:
        return len(self._parents) == 1 and self._run.plan.step(self._parents[0][0]).kind in _FANS

    def _innermost(self) -> tuple[Any, str, int]:
        return list(self._run.foreaches(self._step.name, self._path))[-1]

    def _commit(self) -> list[tuple[str, Control]]:
        step, path, run = self._step.name, self._path, self._run
        found = run.records.wait_for(lambda: run.artifacts.read(run.task(step, path), self._number))
        if found is None:
            _refuse_unstarted(run.plan.file, run.plan.flow)
        decided = self._decided(found)
        done = Done(
            attempt=self._number,
            time=time.time(),
            parents=self._parents,
            parameters=[],
            caught=not self._value(found, "_success"),
            artifacts=found,
            control=decided[0][1] if decided else Control(),
        )
        stands = run.records.commit((step, path), done, self._seen)
        return note(run, (step, path), stands)

    def _decided(self, found: Mapping[str, Artifact]) -> list[tuple[str, Control]]:
        step = self._step
        if step.kind == "switch":
            (chosen, *_), _ = self._value(found, "_transition")
            if chosen not in step.next:
                raise GraphError(f"step `{step.name}` leads to `{chosen}`; compile the flow again")
            return decide(self._run.plan, step.name, self._path, chosen)
        if step.kind in _FANS:
            return [(self._path, Control(count=self._count(found)))]
        return []

    def _count(self, found: Mapping[str, Artifact]) -> int:
        if self._step.kind == "gang":
            count = self._value(found, "_parallel_ubf_iter").num_parallel
        else:
            count = self._value(found, "_foreach_num_splits")
        if not isinstance(count, int) or count < 1:
            raise GraphError(f"step `{self._step.name}` does not say how many tasks follow it")
        return count

    def _value(self, found: Mapping[str, Artifact], name: str) -> Any:
        if name not in found:
            raise GraphError(f"Metaflow left no artifact `{name}` in step `{self._step.name}`")
        return self._run.artifacts.load(name, found[name])


def _call(words: Sequence[str], variables: Mapping[str, str]) -> int:
    """The exit code of a command that writes where this process does, negative for a signal."""
    child = subprocess.Popen(words, env=variables, stdin=subprocess.DEVNULL)

    def end(number: int, _frame: object) -> NoReturn:
        # As the first process of a container, this one alone is told to end. What is interrupted
        # here holds the lock that `child.wait` takes.
        with suppress(OSError):
            os.kill(child.pid, signal.SIGTERM)
            os.waitpid(child.pid, 0)
        os._exit(128 + number)

    earlier = signal.signal(signal.SIGTERM, end)
    try:
        code = child.wait()
    finally:
        signal.signal(signal.SIGTERM, earlier)
    if code < 0:
        tell(f"Metaflow was ended by {signal.Signals(-code).name}")
    return code


def _check_installed() -> None:
    spec = find_spec("metaflow")
    wanted = f"metaflow>={_OLDEST[0]}.{_OLDEST[1]}"
    advice = f"install '{wanted}' where the task runs, or choose `--runtime native`"
    if spec is None or not spec.submodule_search_locations:
        raise RefusalError(f"the flow runs under Metaflow, which {sys.executable} lacks; {advice}")
    version = _version(next(iter(spec.submodule_search_locations)))
    if version and version < _OLDEST:
        found = ".".join(map(str, version))
        raise RefusalError(f"the flow runs under Metaflow, but {found} is too old; {advice}")


def _version(folder: str) -> tuple[int, int] | None:
    # Metaflow is published under several names, so that the package itself is asked.
    try:
        with open(os.path.join(folder, "version.py"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
            found = _VERSION.search(file.read())
    except OSError:
        return None
    return (int(found[1]), int(found[2])) if found else None


def _refuse_unstarted(file: str, flow: str) -> NoReturn:
    raise RefusalError(
        f"`{file}` does not start `{flow}` when it is run, which Metaflow needs; end it with "
        f'`if __name__ == "__main__": {flow}()`'
    )
