"""How a fork ends: as Python does, but without taking apart what nobody will miss.

Python takes all modules apart when it ends, which takes longer than most empty steps, and in a fork
copies the memory that it shares. Only what a step has left may need that.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from _imp import extension_suffixes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import NoReturn


def end(exit_code: int, loaded: Collection[str]) -> NoReturn:
    """End the process; `loaded` are the modules that were there when it was forked.

    All that is older than the process must have been frozen by the garbage collector.
    """
    try:
        missed = _is_missed(loaded)
    except Exception:  # noqa: BLE001 (what stands in for a module or class may raise anything)
        missed = True
    if missed:
        sys.exit(exit_code)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        # Python tells of that in its own way.
        sys.exit(exit_code)
    os._exit(exit_code)


def _is_missed(loaded: Collection[str]) -> bool:
    """Whether anything may be there that does something when it goes."""
    if atexit._ncallbacks() or "threading" in sys.modules or "LD_PRELOAD" in os.environ:  # noqa: SLF001
        return True
    # What is native may have told C what to call at the end.
    new = [sys.modules[name] for name in sys.modules.keys() - loaded]
    return any(map(_is_native, new)) or any(map(_speaks, gc.get_objects()))


def _is_native(module: object) -> bool:
    return str(getattr(module, "__file__", None)).endswith(tuple(extension_suffixes()))


def _speaks(thing: object) -> bool:
    # Files are among these, and generators that wait. The collector does not see all objects, but
    # it sees their classes.
    return hasattr(type(thing), "__del__") or (
        issubclass(type(thing), type) and "__del__" in vars(thing)
    )
