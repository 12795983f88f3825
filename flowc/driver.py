"""The whole way, from a file's name to a flow with its regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowc.diagnostics import Diagnostic, failed, in_order
from flowc.ir.config import ConfigChoices
from flowc.ir.flow import Decorator, Flow, Runtime
from flowc.ir.verify import verify
from flowc.lint.run import check_shape
from flowc.passes.apply_decorators import apply_decorators
from flowc.passes.attach_decorators import attach_decorators
from flowc.passes.choose_runtime import choose_runtime
from flowc.passes.nest_regions import nest_regions
from flowc.syntax.parse import parse_flow
from flowc.syntax.project import Project
from flowc.syntax.roots import SourceRoots
from flowc.syntax.source import Source, read_source


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file: the flow unless something is wrong with it, and all lines by file."""

    path: str
    flow: Flow | None
    lines: Mapping[str, list[str]]
    diagnostics: list[Diagnostic]


def read_flow(
    name: str,
    decorators: Sequence[Decorator] = (),
    configs: ConfigChoices = ConfigChoices(),  # noqa: B008 (it never changes)
    runtime: Runtime | None = None,
) -> Reading:
    """Read and structure the flow of a file, named as `flow.py` or `flow.py:TrainFlow`.

    The decorators are for every step that does not have them by itself. Without a runtime the flow
    gets the one that it needs.
    """
    path, flow_name = split_name(name)
    source, diagnostics = read_source(path)
    if source is None:
        return Reading(path, None, {}, in_order(diagnostics))
    project = Project(source, SourceRoots(path), configs)
    flow, diagnostics = structure(source, flow_name, decorators, project, runtime)
    lines = {each.path: each.text.split("\n") for each in project.sources}
    return Reading(path, flow, lines, in_order(diagnostics))


def split_name(name: str) -> tuple[str, str]:
    """A file's path, and the flow's name behind the last colon or an empty one."""
    path, colon, flow_name = name.rpartition(":")
    return (path, flow_name) if colon and flow_name.isidentifier() else (name, "")


def structure(
    source: Source,
    flow_name: str = "",
    decorators: Sequence[Decorator] = (),
    project: Project | None = None,
    runtime: Runtime | None = None,
) -> tuple[Flow | None, list[Diagnostic]]:
    """The flow with its regions, or what is wrong; the flow is None if any of it is an error.

    Names from other files are looked up in the project; without one, they are unknown.
    """
    flow, diagnostics = parse_flow(source, flow_name, project)
    if flow is None:
        return None, diagnostics
    flow = choose_runtime(attach_decorators(flow, decorators), runtime)
    flow, found = apply_decorators(flow)
    flow, misread = _with_decorators(flow)
    diagnostics += [*found, *misread, *check_shape(flow)]
    if failed(diagnostics):
        return None, diagnostics
    nested, found = nest_regions(flow)
    diagnostics += found
    if nested and nested.runtime is Runtime.METAFLOW:
        diagnostics += _under_metaflow(nested)
    if nested is None or failed(diagnostics):
        return None, diagnostics
    verify(nested)
    return nested, diagnostics


def _under_metaflow(flow: Flow) -> list[Diagnostic]:
    # Loaded only for a flow that runs there.
    from flowc.passes.check_metaflow import check_metaflow  # noqa: PLC0415

    return list(check_metaflow(flow))


def _with_decorators(flow: Flow) -> tuple[Flow, list[Diagnostic]]:
    if not flow.decorators:
        return flow, []
    # Time zones, events and the like are loaded only for a flow that has a decorator.
    from flowc.passes.flow_decorators import read_flow_decorators  # noqa: PLC0415

    return read_flow_decorators(flow)
