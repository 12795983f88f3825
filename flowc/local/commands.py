"""The shim's command line for each task, and what the task says it decided."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from flowc.ir.region import Emits, Task
from flowc.local.process import Launch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flowc.ir.flow import Flow
    from flowc.local.settings import RunSettings


# Only tasks that decide something have a folder for it, and only those of a gang have a gang,
# whatever flowc itself was started in.
_NOT_INHERITED = frozenset({"FLOWC_CONTROL", "MF_PARALLEL_MAIN_IP", "AWS_BATCH_JOB_NUM_NODES"})

# The members of a gang reach each other without a network.
_OF_THIS_MACHINE = {"FLOWC_GANG_IP": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Control:
    """What a task decided: a foreach's count, or the step that a switch chose."""

    count: int = 0
    next: str = ""


@dataclass(frozen=True, slots=True)
class Commands:
    """What to start for each task, and where it says what it decided."""

    flow: Flow
    settings: RunSettings
    folder: Path
    plan: Path
    control: Path

    def launch(self, task: Task, path: str, attempt: int) -> Launch:
        step = self.flow.steps[task.step]
        timeout = step.policy.timeout
        return Launch(
            words=tuple(self._words(task, path, attempt)),
            environment=environment(step.environment),
            logs=self.folder / task.step / path / str(attempt),
            limit=timeout + self.settings.timeout_grace if timeout else None,
        )

    @property
    def common(self) -> tuple[str, str, str]:
        """The plan, source folder and store that all tasks are told."""
        settings = self.settings
        store = settings.remote.url if settings.remote else str(settings.store.absolute())
        return str(self.plan), str(settings.source.absolute()), store

    def decided(self, task: Task, path: str, attempt: int) -> Control:
        """What the task decided, once it has succeeded."""
        folder = self._control(task, path, attempt)
        match task.emits:
            case Emits.NOTHING:
                return Control()
            case Emits.COUNT:
                return Control(count=int(_read(folder / "count") or 0))
            case Emits.NEXT:
                return Control(next=_read(folder / "next"))
            case _:
                assert_never(task.emits)

    def _words(self, task: Task, path: str, attempt: int) -> Iterator[str]:
        settings = self.settings
        yield from (settings.python, "-m", "flowc.runtime", "step", task.step)
        plan, source, store = self.common
        yield from ("--plan", plan, "--source", source, "--store", store, "--run", settings.run)
        yield from ("--path", path, "--attempt", str(attempt))
        if settings.metadata:
            yield from ("--metadata", str(settings.metadata.absolute()))
        if task.emits:
            yield from ("--control", str(self._control(task, path, attempt)))
        if settings.resumption:
            yield from ("--origin", settings.resumption.origin)
            yield from ("--from", ",".join(settings.resumption.again))
        if task.step == self.flow.start:
            for name, text in settings.parameters.items():
                yield from ("--param", f"{name}={text}")
            for tag in settings.tags:
                yield from ("--tag", tag)
            if settings.namespace is not None:
                yield from ("--namespace", settings.namespace)

    def _control(self, task: Task, path: str, attempt: int) -> Path:
        return self.control / task.step / path / str(attempt)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that a run starts, besides these."""
    inherited = {name: text for name, text in os.environ.items() if name not in _NOT_INHERITED}
    return {**_OF_THIS_MACHINE, **inherited, **variables}


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
