"""A flow from its class and all that it inherits from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow, Parameter, Step
from flowc.syntax import problems
from flowc.syntax.ancestry import Ancestry
from flowc.syntax.assigned import assigned_parameters
from flowc.syntax.classes import PlacedClass, class_decorators
from flowc.syntax.literals import docstring
from flowc.syntax.members import read_members
from flowc.syntax.project import File

if TYPE_CHECKING:
    from flowc.syntax.configs import Configs

# These may stand above a flow several times.
_REPEATED = frozenset({"trigger", "trigger_on_finish", "exit_hook"})


def read_flow(ancestry: Ancestry, main: File, file: str) -> tuple[Flow, list[Diagnostic]]:
    """The flow, as far as it can be read, and what is wrong with it.

    `main` is the flow's own file, `file` its name; the class may stand in another.
    """
    own = ancestry.classes[0]
    project = own.file.project
    project.configs = configs = _configs(ancestry)
    inherited = _Inherited()
    for placed in reversed(ancestry.classes):
        inherited.extend(placed, alone=len(ancestry.classes) == 1, of_flow=placed.file is main)
    start, end = (_named(inherited.steps, word) for word in ("start", "end"))
    flow = Flow(
        name=own.name,
        file=file,
        span=own.span,
        steps=inherited.steps,
        start=start,
        end=end,
        parameters=tuple(inherited.parameters.values()),
        configs=tuple(configs.declared.values()) if configs else (),
        decorators=_decorators(ancestry),
        doc=docstring(own.node),
        source_roots=project.source_roots,
        module="" if own.file is main else own.file.module.name,
    )
    found = inherited.diagnostics() + (configs.diagnostics if configs else [])
    found += missing_bases(ancestry)
    return flow, found + assigned_parameters(ancestry.classes, flow)


def _configs(ancestry: Ancestry) -> Configs | None:
    """The flow's configurations, if its files or the command line mention any."""
    choices = ancestry.classes[0].file.project.choices
    sources = [placed.file.source for placed in ancestry.classes]
    if not choices.names and not any("Config" in source.text for source in sources):
        return None
    # Loaded only for a flow that has configurations.
    from flowc.syntax.configs import read_configs  # noqa: PLC0415

    return read_configs(ancestry, choices)


def missing_bases(ancestry: Ancestry) -> list[Diagnostic]:
    """A diagnostic for each base whose steps cannot be seen."""
    instead = "name the folder of its file in `source-roots` of [tool.flowc], in pyproject.toml"
    span = ancestry.classes[0].span
    return [
        problems.not_read(span, f"{what}, which is nowhere to be found,", instead)
        for what in ancestry.missing
    ]


@dataclass(slots=True)
class _Inherited:
    """Steps and parameters, as each class adds to and hides those of the classes behind it."""

    steps: dict[str, Step] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    found: dict[str, list[Diagnostic]] = field(default_factory=dict)

    def extend(self, placed: PlacedClass, *, alone: bool, of_flow: bool) -> None:
        members = read_members(placed, "" if of_flow else placed.file.name)
        if not alone:
            self._hide(placed)
        self.steps.update(members.steps)
        self.parameters.update(members.parameters)
        for name, diagnostic in members.diagnostics:
            self.found.setdefault(name, []).append(diagnostic)

    def _hide(self, placed: PlacedClass) -> None:
        for name in placed.file.module.class_names(placed.name):
            self.steps.pop(name, None)
            self.parameters.pop(name, None)
            self.found.pop(name, None)

    def diagnostics(self) -> list[Diagnostic]:
        return [diagnostic for found in self.found.values() for diagnostic in found]


def _named(steps: dict[str, Step], word: str) -> str:
    """The step marked as start or end, else the one so called, else none."""
    marked = [step.name for step in steps.values() if word in step.marks]
    if marked:
        return marked[0]
    return word if word in steps else ""


def _decorators(ancestry: Ancestry) -> tuple[Decorator, ...]:
    """The flow's decorators, then those of its bases that it does not have itself."""
    found: list[Decorator] = []
    for placed in ancestry.classes:
        known = {decorator.core for decorator in found} - {*_REPEATED, ""}
        found += [each for each in class_decorators(placed) if each.core not in known]
    return tuple(found)
