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
    from flowc.runtime.plan import Plan


def load_flow(source: str, plan: Plan) -> type[FlowSpec]:
    """The flow class of a plan, from the file in the folder `source` or what that imports.

    The file is the module `__main__`, as if Python had been started with it, so that artifacts of
    classes defined there can be loaded by every task and by the file itself.
    """
    path = os.path.join(os.path.abspath(source), plan.file)  # noqa: PTH100, PTH118
    module = ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    folder = os.path.dirname(path)  # noqa: PTH120
    roots = [os.path.normpath(os.path.join(folder, root)) for root in plan.roots]  # noqa: PTH118
    sys.path[:0] = [folder, *roots]
    sys.argv = [path]
    bridge.install()
    code = compile(_read(path), path, "exec", dont_inherit=True)
    exec(code, vars(module))  # noqa: S102 (this is what a task is for)
    flow = vars(sys.modules.get(plan.module, module)).get(plan.flow)
    if not isinstance(flow, type) or not issubclass(flow, FlowSpec):
        raise RefusalError(f"`{path}` has no flow `{plan.flow}`")
    return flow


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        raise RefusalError(f"cannot read the flow's file `{path}`: {error.strerror}") from error
