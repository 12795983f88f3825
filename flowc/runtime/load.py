"""Runs the flow's file as `__main__` and finds the flow in it."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from flowc.runtime import bridge
from flowc.runtime.errors import RefusalError
from flowc.runtime.spec import FlowSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from flowc.runtime.plan import Plan

# Content and code by path. Forks find here what was compiled before them.
_compiled: dict[str, tuple[bytes, CodeType]] = {}


def load_flow(source: str, plan: Plan) -> type[FlowSpec]:
    """The flow class of a plan, from the file in the folder `source` or what that imports.

    The file is the module `__main__`, as if Python had been started with it, so that artifacts of
    classes defined there can be loaded by every task and by the file itself.
    """
    path = _place(source, plan)
    module = ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    folder = os.path.dirname(path)  # noqa: PTH120
    roots = [os.path.normpath(os.path.join(folder, root)) for root in plan.roots]  # noqa: PTH118
    sys.path[:0] = [folder, *roots]
    sys.argv = [path]
    bridge.install()
    exec(_code(path), vars(module))  # noqa: S102 (this is what a task is for)
    flow = vars(sys.modules.get(plan.module, module)).get(plan.flow)
    if not isinstance(flow, type) or not issubclass(flow, FlowSpec):
        raise RefusalError(f"`{path}` has no flow `{plan.flow}`")
    return flow


def prepare_code(source: str, plan: Plan) -> None:
    """Compile the flow's file for all forks, unless a task has to tell of its mistakes."""
    path = _place(source, plan)
    content = _read(path)
    import warnings  # noqa: PLC0415 (a task by itself does not need it)

    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        code = _compile(content, path)
    if not found:
        _compiled[path] = content, code


def _place(source: str, plan: Plan) -> str:
    return os.path.join(os.path.abspath(source), plan.file)  # noqa: PTH100, PTH118


def _code(path: str) -> CodeType:
    content = _read(path)
    earlier, code = _compiled.get(path, (None, None))
    return code if code and content == earlier else _compile(content, path)


def _compile(content: bytes, path: str) -> CodeType:
    return compile(content, path, "exec", dont_inherit=True)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        raise RefusalError(f"cannot read the flow's file `{path}`: {error.strerror}") from error
