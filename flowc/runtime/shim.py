"""The command `python -m flowc.runtime`: one attempt of one task, and its exit code."""

from __future__ import annotations

import os
import signal
import sys

from flowc.runtime.errors import FlowError, RefusalError, tell
from flowc.runtime.failure import AttemptFailedError, place, show
from flowc.runtime.options import parse_options
from flowc.runtime.task import run_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import TextIOWrapper

    from flowc.runtime.position import Control

COMMITTED = 0
FAILED = 1
REFUSED = 64


def main(arguments: Sequence[str]) -> int:
    """Run one attempt of a task; the exit code tells whether trying again may help."""
    signal.signal(signal.SIGTERM, _terminate)
    os.register_at_fork(after_in_child=_terminate_at_once)
    _write_lines_at_once(sys.stdout)
    try:
        options = parse_options(arguments, os.environ)
        decided = run_task(options)
        if options.control:
            _write_control(options.control, decided)
    except RefusalError as error:
        tell(f"{place(error)}{error}")
        return REFUSED
    except AttemptFailedError as failed:
        if failed.error:
            show(failed.error)
        return FAILED
    except FlowError as error:
        tell(str(error))
        return FAILED
    return COMMITTED


def _write_control(folder: str, decided: list[tuple[str, Control]]) -> None:
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 (pathlib is slow to import)
    for _, control in decided[:1]:
        words = {"count": str(control.count or ""), "next": control.next, "path": control.path}
        for name, word in words.items():
            if word:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
                    file.write(word)


def _write_lines_at_once(stream: object) -> None:
    # A log is read while the task runs.
    if TYPE_CHECKING:
        assert isinstance(stream, TextIOWrapper)
    stream.reconfigure(line_buffering=True)


def _terminate_at_once() -> None:
    # What a step forks is no first process. Python may not get to a handler of its own there: not
    # while a worker of a pool waits for a lock.
    if signal.getsignal(signal.SIGTERM) is _terminate:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, _frame: object) -> None:
    # As the first process of a container, Python would not even notice the signal by default.
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except RuntimeError:
        # The signal came while one of them was being written.
        pass
    os._exit(128 + number)
