"""A source to a flow."""

from __future__ import annotations

from pathlib import PurePath

import libcst as cst

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.syntax import problems
from flowc.syntax.ancestry import Ancestry, Genealogy
from flowc.syntax.classes import PlacedClass
from flowc.syntax.flow_class import missing_bases, read_flow
from flowc.syntax.imports import root_name
from flowc.syntax.project import File, Project
from flowc.syntax.source import Source
from flowc.syntax.stack import on_a_large_stack
from flowc.syntax.started import imported_flows, imported_names, started_classes
from flowc.syntax.tree import UnparsableError


def parse_flow(
    source: Source, name: str = "", project: Project | None = None
) -> tuple[Flow | None, list[Diagnostic]]:
    """The flow called `name`, or the only one; None if there is no such flow to look at.

    Names from other files are looked up in the project; without one, they are unknown.
    """
    project = project or Project(source)
    flow, diagnostics = on_a_large_stack(lambda: _parse(project, name))
    return flow, [*diagnostics, *project.diagnostics]


def _parse(project: Project, name: str) -> tuple[Flow | None, list[Diagnostic]]:
    main = project.main
    if main.tree.top is None:
        return None, main.tree.diagnostics
    try:
        return _read(project, name)
    except UnparsableError as error:
        return None, error.diagnostics


def _read(project: Project, name: str) -> tuple[Flow | None, list[Diagnostic]]:
    main = project.main
    genealogy = Genealogy(project)
    choice = _Choice(genealogy, main, name)
    flows = choice.flows()
    if not flows:
        return None, choice.strays()
    chosen, diagnostics = choice.choose(flows)
    if chosen is None:
        return None, diagnostics
    return read_flow(chosen, main, PurePath(main.source.path).name)


class _Choice:
    """Chooses the flow that is meant, of the classes of a file and those that it starts."""

    def __init__(self, genealogy: Genealogy, main: File, wanted: str) -> None:
        self._genealogy = genealogy
        self._main = main
        self._wanted = wanted
        self._calls = started_classes(main.tree.top) if main.tree.top else []
        self._started = [call.value for call in self._calls if isinstance(call, cst.Name)]
        self._classes = list(genealogy.classes(main).values())

    def flows(self) -> list[Ancestry]:
        """The classes that are flows; those with foreign bases only if nothing else can be.

        A class of another file is among them, alone, if it is asked for or started.
        """
        if elsewhere := [each for each in self._imported() if each.is_flow]:
            return elsewhere
        certain = {placed.name for placed in self._classes if self._is_plain(placed)}
        found = self._flows_among(certain)
        return found or self._flows_among({placed.name for placed in self._classes})

    def _imported(self) -> list[Ancestry]:
        """The classes of other files that are asked for, or started, where no own one is."""
        own = {placed.name for placed in self._classes}
        meant = [cst.Name(self._wanted)] if self._wanted else self._calls
        if own.intersection([self._wanted] if self._wanted else self._started):
            return []
        return imported_flows(self._genealogy, self._main, meant)

    def _flows_among(self, names: set[str]) -> list[Ancestry]:
        found = [self._genealogy.ancestry(each) for each in self._classes if each.name in names]
        return [ancestry for ancestry in found if ancestry.is_flow]

    def _is_plain(self, placed: PlacedClass) -> bool:
        """Whether the class may be a flow, by what this file says alone."""
        known = {each.name for each in self._classes}
        names = placed.names
        return (
            any(names.meaning(base) == "FlowSpec" for base in placed.bases)
            or placed.name in {self._wanted, *self._started}
            or any(root_name(base) in known for base in placed.bases)
            or (bool(placed.bases) and placed.has_steps())
        )

    def choose(self, flows: list[Ancestry]) -> tuple[Ancestry | None, list[Diagnostic]]:
        """The flow that is asked for, or started, or from which no other derives."""
        path = self._main.source.path
        names = [flow.classes[0].name for flow in flows]
        ways = [[self._wanted], self._started, self._last_of_line(flows), names]
        if any(flow.classes[0].file is not self._main for flow in flows):
            ways = [names] if len(flows) == 1 else []
        elif self._wanted and self._wanted not in names:
            return None, [problems.unknown_flow(path, self._wanted, names)]
        for meant in ways:
            found = [flow for flow in flows if flow.classes[0].name in meant]
            if len(found) == 1:
                return found[0], []
        spans = [flow.classes[0].span for flow in flows]
        return None, [problems.several_flows(spans, path, names)]

    def _last_of_line(self, flows: list[Ancestry]) -> list[str]:
        bases = {base.name for flow in flows for base in flow.classes[1:]}
        return [flow.classes[0].name for flow in flows if flow.classes[0].name not in bases]

    def strays(self) -> list[Diagnostic]:
        """What is wrong with a file without a flow: steps may stand in classes that are none."""
        stray = [placed for placed in self._classes if placed.has_steps()]
        ancestries = [self._genealogy.ancestry(placed) for placed in stray] + self._imported()
        missing = [found for ancestry in ancestries for found in missing_bases(ancestry)]
        if missing:
            return missing
        outside = [problems.step_outside_flow(placed.span, placed.name) for placed in stray]
        return [problems.no_flow(self._main.source.path, self._unstarted()), *outside]

    def _unstarted(self) -> str:
        """The one flow that the file takes from another, but does not start; none of several."""
        names = imported_names(self._main.tree.top) if self._main.tree.top else []
        found = imported_flows(self._genealogy, self._main, names)
        flows = [ancestry.classes[0].name for ancestry in found if ancestry.is_flow]
        return flows[0] if len(flows) == 1 else ""
