"""The command `python -m flowc.runtime`: one attempt of one task, or a region; its exit code."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from flowc.runtime.errors import FlowError, OtherPythonError, RefusalError, tell
from flowc.runtime.failure import AttemptFailedError, place, show
from flowc.runtime.options import HOOK, REGION, parse_options
from flowc.runtime.task import run_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import TextIOWrapper

    from flowc.runtime.options import Options
    from flowc.runtime.position import Control

    Decided = list[tuple[str, Control]]

COMMITTED = 0
FAILED = 1
REFUSED = 64


def main(arguments: Sequence[str]) -> int:
    """Run one attempt of a task, or a region; the exit code tells whether to try again."""
    # Left to the system, the signal ends the task at once, even where C code holds the
    # interpreter. The first process of a container is spared by the system, so it starts another.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if os.getpid() == 1:
        child = os.fork()
        if child:
            return _attend(child)
    _write_lines_at_once(sys.stdout)
    try:
        if os.environ.get("FLOWC_SECRETS"):
            _take_secrets()
        options = parse_options(arguments, os.environ)
        answer = _answer(options)
        answer(_run_here(arguments, options))
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


def _take_secrets() -> None:
    from flowc.runtime.bootstrap import take_secrets  # noqa: PLC0415 (few steps need it)

    try:
        take_secrets(os.environ)
    except OSError as error:
        raise FlowError(f"cannot read the secret in {error.filename}: {error.strerror}") from None


def _run_here(arguments: Sequence[str], options: Options) -> Decided:
    """Run the command, unless it is to be run under another Python, which this process becomes."""
    try:
        return _run(arguments[0], options)
    except OtherPythonError as other:
        from flowc.runtime.environments import start_again  # noqa: PLC0415 (few steps need it)

        # The attempt that has begun is not another one there.
        start_again(other.place, other.seen, [*arguments, f"--attempt={other.attempt}"])


def _run(command: str, options: Options) -> Decided:
    if options.step.startswith(HOOK):
        from flowc.runtime.hook import run_hook  # noqa: PLC0415 (few flows have any)

        run_hook(options)
        return []
    if command != REGION and len(options.paths) == 1:
        return run_task(options)
    from flowc.runtime.region import run_group, run_region  # noqa: PLC0415 (a task needs neither)

    return run_region(options) if command == REGION else run_group(options)


def _answer(options: Options) -> Callable[[Decided], None]:
    """What tells the engine what was decided; it must be there before the step runs."""
    control, slots = options.control, options.slots
    if options.files:
        from flowc.runtime.control_files import write_files  # noqa: PLC0415 (few engines read them)

        return lambda decided: write_files(options.files, decided, slots)
    if not control:
        return lambda _: None
    if options.tells_folder:
        return lambda decided: _write_control(control, decided, slots)
    from flowc.runtime.control_document import answer  # noqa: PLC0415 (few engines read documents)

    return answer(control, slots, several=len(options.paths) > 1)


def _write_control(folder: str, decided: Decided, slots: int) -> None:
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 (pathlib is slow to import)
        for _, control in decided[:1]:
            _write_words(folder, control, slots)
    except OSError as error:
        raise FlowError(
            f"the engine cannot be told what was decided, in {folder}: {error.strerror}"
        ) from None


def _write_words(folder: str, control: Control, slots: int) -> None:
    # An engine starts so many containers at most, whatever the count on record.
    count = min(control.count, slots or control.count)
    words = {"count": str(count or ""), "next": control.next, "path": control.path}
    for name, word in words.items():
        if word:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
                file.write(word)


def _write_lines_at_once(stream: object) -> None:
    # A log is read while the task runs.
    if TYPE_CHECKING:
        assert isinstance(stream, TextIOWrapper)
    stream.reconfigure(line_buffering=True)


def _attend(child: int) -> int:
    """Pass signals on to a child, until it ends; its exit code, as shells have it."""

    def forward(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, forward)
    while True:
        # What others leave behind comes to the first process, too.
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
