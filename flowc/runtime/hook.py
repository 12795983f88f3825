"""Calls a function of `@exit_hook`, once a run has ended."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys

from flowc.runtime.client import Run
from flowc.runtime.current import current
from flowc.runtime.errors import FlowError, RefusalError, tell
from flowc.runtime.failure import AttemptFailedError, show, user_code
from flowc.runtime.load import load_flow
from flowc.runtime.namespaces import metadata
from flowc.runtime.options import HOOK
from flowc.runtime.plan import read_plan
from flowc.runtime.records import Records
from flowc.runtime.store import open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from flowc.runtime.options import Options
    from flowc.runtime.plan import Plan


def run_hook(options: Options) -> None:
    """Call the function that takes the place of a step, with the run if it asks for it.

    Of several, those are called that fit how the run has ended, and none of them changes that.
    """
    plan = read_plan(options.plan)
    names = [_name(plan, task) for task in _fitting(options, plan)]
    metadata(options.store)
    # The last lines of a flow's file start no run of their own.
    current.is_running_flow = True
    current.flow_name, current.run_id = plan.flow, options.run
    with user_code():
        module = _load(plan, options.source) if names else None
    for name in names:
        try:
            with user_code():
                function = _find(name, module)
                function(**_arguments(function, f"{plan.flow}/{options.run}"))
        except AttemptFailedError as failed:
            if not options.ended:
                raise
            if failed.error:
                show(failed.error)
            tell(f"the exit hook `{name}` has failed")


def _fitting(options: Options, plan: Plan) -> list[str]:
    """The hooks to call. What an engine says of the end may be of an attempt, or not the last."""
    tasks = options.step.split(",")
    if not options.ended:
        return tasks
    records = Records(open_store(options.store), plan.flow, options.run)
    outcome = "success" if records.find_done(plan.end, options.path) else "error"
    return [task for task in tasks if task.startswith(f"{HOOK}{outcome}-")]


def _name(plan: Plan, task: str) -> str:
    outcome, _, number = task[len(HOOK) :].partition("-")
    names = plan.hooks.get(outcome, [])
    if not number.isdecimal() or int(number) >= len(names):
        raise RefusalError(f"flow `{plan.flow}` has no hook `{task}`")
    return names[int(number)]


def _load(plan: Plan, source: str) -> ModuleType:
    """The module of the flow's file."""
    if plan.runtime != "metaflow":
        load_flow(source, plan)
        return sys.modules["__main__"]
    # Metaflow's own classes take the command line where the file is the module `__main__`.
    os.environ["FLOWC_API"] = "metaflow"
    file = os.path.join(os.path.abspath(source), plan.file)  # noqa: PTH100, PTH118
    folder = os.path.dirname(file)  # noqa: PTH120
    roots = [os.path.normpath(os.path.join(folder, root)) for root in plan.roots]  # noqa: PTH118
    sys.path[:0] = [folder, *roots]
    name = os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RefusalError(f"cannot load the flow's file `{file}`")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _find(name: str, module: ModuleType | None) -> Callable[..., Any]:
    place, _, last = name.rpartition(".")
    found = getattr(importlib.import_module(place) if place else module, last, None)
    if not callable(found):
        raise RefusalError(f"there is no function `{name}` to call")
    return found  # type: ignore[no-any-return]


def _arguments(function: Callable[..., Any], run: str) -> dict[str, Run | None]:
    taken = inspect.signature(function).parameters
    if "run" not in taken and all(each.kind is not each.VAR_KEYWORD for each in taken.values()):
        return {}
    try:
        return {"run": Run(run, _namespace_check=False)}
    except FlowError as error:
        # A run may fail before it leaves anything behind.
        tell(str(error))
        return {"run": None}
