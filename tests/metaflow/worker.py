"""Metaflow's own view of flow files: for each request, a line of JSON, an answer of the same kind.

A request names a file, and the commands that its flow's own command line is to be given.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from metaflow import FlowMutator, FlowSpec, cli, current, parameters
from metaflow.exception import MetaflowException
from metaflow.graph import DAGNode, FlowGraph
from metaflow.lint import linter
from metaflow.plugins.argo.argo_workflows import ArgoWorkflows

Answer = dict[str, Any]

# Of this process's own time: many times what Metaflow needs for flows that it does not choke on.
SECONDS = 1.0


class OutOfTimeError(BaseException):
    """Raised by the alarm; no `except Exception` of the flow or of Metaflow can swallow it."""


def main() -> None:
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _out_of_time)
    answers = sys.stdout
    for line in sys.stdin:
        request = json.loads(line)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = answer(Path(request["path"]), request["commands"])
        print(json.dumps(found), file=answers, flush=True)


def answer(path: Path, commands: list[list[str]]) -> Answer:
    """What became of loading, checking and the commands, and the graph as far as it came."""
    graphs: list[Answer] = []
    asked: Answer = {}
    outcome, message, check = "ok", "", ""
    try:
        with _limited():
            for flow in flows_of(load(path)):
                graph = FlowGraph(flow)
                graphs.append(view(graph))
                linter.run_checks(graph)
            for words in commands:
                # Some decorators of flows can be made ready for a command only once.
                for flow in flows_of(load(path)):
                    asked = run(flow, words)
    except OutOfTimeError:
        outcome = "hangs"
    except MetaflowException as error:
        outcome, message, check = "refused", str(error.message), _raised_by(error)
    except UnloadableError as error:
        outcome, message = "unloadable", str(error)
    except Exception as error:  # noqa: BLE001 - whatever Metaflow stumbles over is an answer
        outcome, message = "crash", f"{type(error).__name__}: {error}"
    graph = graphs[-1] if graphs else None
    return {
        "outcome": outcome,
        "message": message,
        "check": check,
        "graph": graph,
        "asked": asked,
    }


def _raised_by(error: Exception) -> str:
    """The check of Metaflow's linter that raised, if it was one."""
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    return next((name for name in names if name.startswith("check_")), "")


class UnloadableError(Exception):
    """Python itself does not get to the end of the file."""


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    try:
        with _beside(path.parent):
            spec.loader.exec_module(module)
    except (ImportError, NameError, SyntaxError) as error:
        raise UnloadableError(f"{type(error).__name__}: {error}") from error
    return module


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Where the modules of a folder, and of the root `lib` in it, can be imported.

    Afterwards they are forgotten.
    """
    known = set(sys.modules)
    before = list(sys.path)
    sys.path[:0] = [str(folder), str(folder / "lib")]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = before
        for name in set(sys.modules) - known:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def flows_of(module: ModuleType) -> list[type[FlowSpec]]:
    """The flow classes that others do not derive from, of the module itself if it has any."""
    # A mutator without brackets stands in the place of the class that it decorates.
    named = [
        entry._flow_cls if isinstance(entry, FlowMutator) else entry
        for entry in vars(module).values()
    ]
    flows = [
        entry
        for entry in named
        if isinstance(entry, type) and issubclass(entry, FlowSpec) and not entry.__subclasses__()
        if entry is not FlowSpec
    ]
    return [flow for flow in flows if flow.__module__ == module.__name__] or flows


def run(flow: type[FlowSpec], words: list[str]) -> Answer:
    """What decorators ask for, after a command of the flow's own; what it refuses is raised."""
    current._update_env({"project_name": None, "branch_name": None})
    started = flow(use_cli=False)
    # Mutators look at the flow that is being started.
    with parameters.flow_context(flow):
        cli.main(started, args=words, handle_exceptions=False, entrypoint=["flow"])
    found = {name: decorators[::-1] for name, decorators in started._flow_decorators.items()}
    return {
        "triggers": _triggers(started),
        "exit_hooks": [
            [hook.success_hooks, hook.error_hooks] for hook in found.get("exit_hook", [])
        ],
        **{
            name: [_plain(decorator.attributes) for decorator in decorators]
            for name, decorators in found.items()
            if name.startswith("airflow") or name.endswith("_base")
        },
    }


def _triggers(flow: FlowSpec) -> list[list[Any]]:
    """Names of events, each with what it fills, as the one engine of Metaflow's has them."""
    known = flow._flow_decorators
    if not ("trigger" in known or "trigger_on_finish" in known):
        return []
    triggers, _ = ArgoWorkflows._process_triggers(SimpleNamespace(flow=flow))
    return [[trigger["name"], trigger.get("parameters", {})] for trigger in triggers]


def _plain(attributes: Answer) -> Answer:
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, value in attributes.items()
    }


def view(graph: FlowGraph) -> Answer:
    return {
        "name": graph.name,
        "start": graph.start_step,
        "end": graph.end_step,
        "steps": {node.name: _step(node) for node in graph},
    }


def _step(node: DAGNode) -> Answer:
    return {
        "type": node.type,
        "line": node.func_lineno,
        "next_line": node.tail_next_lineno,
        "in_funcs": node.in_funcs,
        "out_funcs": node.out_funcs,
        "split_parents": node.split_parents,
        "split_branches": node.split_branches,
        "matching_join": node.matching_join,
        "foreach_param": node.foreach_param,
        "condition": node.condition,
        "switch_cases": list(node.switch_cases.values()),
        "parallel_foreach": node.parallel_foreach,
        "parallel_step": node.parallel_step,
        "is_inside_foreach": node.is_inside_foreach,
    }


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _out_of_time(*_: object) -> None:
    raise OutOfTimeError


if __name__ == "__main__":
    main()
