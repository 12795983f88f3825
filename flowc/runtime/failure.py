"""What a failure of the user's code is to the shim, and how it is told: by its own traceback."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from types import TracebackType

from flowc.runtime.errors import RefusalError, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = os.path.dirname(__file__) + os.sep  # noqa: PTH120 (pathlib is slow to import)


class AttemptFailedError(Exception):
    """The user's code failed: with an exception, or by exiting."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__(error)
        self.error = error


@contextmanager
def user_code() -> Iterator[None]:
    """Tell what the user's code raises from what the runtime does.

    Whatever is raised becomes an `AttemptFailedError`, and so does an exit, unless it says that
    all is well: a step may exit after `self.next`.
    """
    try:
        yield
    except (RefusalError, AttemptFailedError):
        raise
    except SystemExit as stop:
        if stop.code:
            tell(f"the flow's code exits with {stop.code!r}")
            raise AttemptFailedError(None) from None
    except Exception as error:  # noqa: BLE001 (whatever the user's code raises is its failure)
        strip(error)
        raise AttemptFailedError(error) from None


def strip(error: BaseException) -> None:
    """Take the runtime's own frames out of an exception's traceback and those that led to it.

    An exception that only the runtime has seen tells the user nothing, and goes altogether.
    """
    seen: dict[int, BaseException] = {}
    pending: list[BaseException | None] = [error]
    own: set[int] = set()
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen[id(each)] = each
        trace, each.__traceback__ = each.__traceback__, _stripped(each.__traceback__)
        if trace is not None and each.__traceback__ is None:
            own.add(id(each))
        pending += [each.__cause__, each.__context__]
    for each in seen.values():
        if id(each.__cause__) in own:
            each.__cause__ = None
        if id(each.__context__) in own:
            each.__context__ = None


def show(error: BaseException) -> None:
    """Print an exception as Python does."""
    sys.stdout.flush()
    sys.__excepthook__(type(error), error, error.__traceback__)
    sys.stderr.flush()


def place(error: BaseException) -> str:
    """The last line of the user's code that an exception passed, as `file:line: `, or nothing."""
    trace = _stripped(error.__traceback__)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}: "  # noqa: PTH119


def _stripped(trace: TracebackType | None) -> TracebackType | None:
    frames = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_OWN):
            frames.append(trace)
        trace = trace.tb_next
    rebuilt = None
    for each in reversed(frames):
        rebuilt = TracebackType(rebuilt, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return rebuilt
