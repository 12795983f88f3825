"""What a task decided as one document of JSON, for engines that read such: in a file, or said last.

A document is `{"path": P, "count": N}` or `{"path": P, "next": STEP}`, where P is the path at which
what comes next runs, of a foreach P.0, P.1 and so on. Of several paths there is a list of them.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from functools import partial

from flowc.runtime.errors import FlowError, tell
from flowc.runtime.options import STDOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc.runtime.position import Control

    Decided = list[tuple[str, Control]]

_FAILED = 1


def answer(control: str, slots: int, *, several: bool) -> Callable[[Decided], None]:
    """What tells the engine what the task has decided, or those at several paths.

    A count is told to be no more than `slots`, if that is not 0.
    """
    tell_engine = _LastLine().say if control == STDOUT else partial(_write, control)

    def tell_all(decided: Decided) -> None:
        found = [_document(path, told, slots) for path, told in decided]
        if found:
            # What else a task has decided is of the loops around it.
            tell_engine(found if several else found[0])

    return tell_all


def _document(path: str, control: Control, slots: int) -> dict[str, Any]:
    if control.next:
        return {"path": control.path or path, "next": control.next}
    return {"path": path, "count": min(control.count, slots or control.count)}


def _write(place: str, document: object) -> None:
    """Put a document into a file, whole or not at all."""
    folder, name = os.path.split(place)
    draft = os.path.join(folder, f".{name}.{os.getpid()}")  # noqa: PTH118
    try:
        os.makedirs(folder or ".", exist_ok=True)  # noqa: PTH103
        with open(draft, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(document, file)
        os.replace(draft, place)  # noqa: PTH105
    except OSError as error:
        raise FlowError(
            f"the engine cannot be told what was decided, in {place}: {error.strerror}"
        ) from None


class _LastLine:
    """What is printed once all else has been, by whatever the step leaves behind as well.

    It must be made before the step can ask for anything to be called in the end, and has a standard
    output of its own, as the step may close its or lead it elsewhere.
    """

    def __init__(self) -> None:
        self._text = ""
        self._output = os.dup(sys.__stdout__.fileno()) if sys.__stdout__ else -1
        atexit.register(self._print)

    def say(self, document: object) -> None:
        """Print this document in the end."""
        self._text = json.dumps(document)

    def _print(self) -> None:
        if not self._text:
            return
        for stream in (sys.stdout, sys.__stdout__):
            _flush(stream)
        # What came before may have ended within a line.
        rest = f"\n{self._text}\n".encode()
        try:
            while rest:
                rest = rest[os.write(self._output, rest) :]
        except OSError as error:
            tell(f"the engine cannot be told what was decided: {error.strerror}")
            os._exit(_FAILED)


def _flush(stream: Any) -> None:
    try:
        stream.flush()
    except Exception:  # noqa: BLE001 (the step may have put anything there)
        return
