"""Why tasks of a deployed run failed: what the engine says, and the end of their logs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flowc.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.deploy.runs import DeployedRun, FailedTask, Runs

_FRAME = re.compile(r'\s+File "([^"]+)", line (\d+), in (\S+)')
_BEGINS = "Traceback (most recent call last):"
_TOLD = "flowc: "


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that ended a run; `place` is the line of the flow that it got to.

    `said` is the last that it wrote of why.
    """

    task: FailedTask
    place: str = ""
    said: str = ""

    @property
    def lines(self) -> Sequence[str]:
        """What the log adds to what the engine says."""
        return [": ".join(filter(None, (self.place, self.said)))] if self.said else []

    def entries(self) -> dict[str, Any]:
        """It as JSON has it."""
        return {
            "task": self.task.name,
            "reason": self.task.reason,
            "place": self.place or None,
            "said": self.said or None,
        }


def explained(runs: Runs, run: DeployedRun, file: str) -> list[Failed]:
    """The tasks that a run failed for, with what their logs say; `file` is the flow's."""
    return [_explained(runs, task, file) for task in runs.failures(run)]


def _explained(runs: Runs, task: FailedTask, file: str) -> Failed:
    if task.log is None:
        return Failed(task)
    try:
        lines = "".join(runs.log(task.log, tail=True)).splitlines()
    except EngineError:
        # Who may see runs may not always read logs, and the rest is worth to be told.
        return Failed(task)
    return Failed(task, _place(lines, PurePosixPath(file).name), _said(lines))


def _place(lines: Sequence[str], file: str) -> str:
    """The innermost line of the flow's file in the last traceback, as `file:line in step`."""
    starts = [number for number, line in enumerate(lines) if line.startswith(_BEGINS)]
    found = [_FRAME.match(line) for line in lines[starts[-1] :]] if starts else []
    frames = [match for match in found if match and PurePosixPath(match[1]).name == file]
    return f"{file}:{frames[-1][2]} in {frames[-1][3]}" if frames else ""


def _said(lines: Sequence[str]) -> str:
    """The last line that is an error's: below a traceback, or of the shim's own."""
    starts = [number for number, line in enumerate(lines) if line.startswith(_BEGINS)]
    for line in lines[starts[-1] + 1 :] if starts else ():
        if line and not line.startswith((" ", _TOLD)):
            return line
    told = [line for line in lines if line.startswith(_TOLD)]
    return told[-1].removeprefix(_TOLD) if told else ""
