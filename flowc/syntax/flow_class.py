"""A flow from its class and all that it inherits from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow, Import, Parameter, Step
from flowc.syntax import placement_problems as places
from flowc.syntax import problems
from flowc.syntax.ancestry import Ancestry
from flowc.syntax.api_imports import read_api_imports
from flowc.syntax.assigned import assigned_parameters
from flowc.syntax.classes import PlacedClass, class_decorators
from flowc.syntax.literals import docstring
from flowc.syntax.members import read_members
from flowc.syntax.project import File
from flowc.syntax.step_method import OF_FLOWS, OF_STEPS

if TYPE_CHECKING:
    from flowc.syntax.configs import Configs

# These may stand above a flow several times, and then replace those of its bases.
_REPEATED = frozenset({"exit_hook", "airflow_external_task_sensor", "airflow_s3_key_sensor"})


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
    decorators, misplaced = _decorators(ancestry)
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
        decorators=decorators,
        doc=docstring(own.node),
        source_roots=project.source_roots,
        module="" if own.file is main else own.file.module.name,
        imports=tuple(_imports(ancestry, main)),
    )
    found = inherited.diagnostics() + (configs.diagnostics if configs else [])
    found += [*missing_bases(ancestry), *misplaced]
    return flow, found + assigned_parameters(ancestry.classes, flow)


def _imports(ancestry: Ancestry, main: File) -> Iterator[Import]:
    """What the flow's own file and those of its classes take from flowc or Metaflow."""
    for file in dict.fromkeys([main, *(placed.file for placed in ancestry.classes)]):
        yield from read_api_imports(file.source, file.syntax)


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
        found = [diagnostic for found in self.found.values() for diagnostic in found]
        # Nothing follows the only step of a flow.
        needless = problems.missing_next.code if len(self.steps) == 1 else ""
        return [diagnostic for diagnostic in found if diagnostic.code != needless]


def _named(steps: dict[str, Step], word: str) -> str:
    """The only step, else the one marked as start or end, else the one so called, else none."""
    if len(steps) == 1:
        return next(iter(steps))
    marked = [step.name for step in steps.values() if word in step.marks]
    if marked:
        return marked[0]
    return word if word in steps else ""


def _decorators(ancestry: Ancestry) -> tuple[tuple[Decorator, ...], list[Diagnostic]]:
    """The decorators of the flow and its bases as Metaflow merges them, and what is wrong."""
    own, *inherited = ([*class_decorators(placed)] for placed in ancestry.classes)
    first = {each.core: each for each in reversed(own) if each.core in _REPEATED}
    above = [each for decorators in inherited for each in decorators]
    replaced = [each for each in above if each.core in first]
    found = [places.replaced_decorator(first[each.core].span, each) for each in replaced]
    kept = (*own, *(each for each in above if each.core not in first))
    for placed in ancestry.classes:
        found += _misplaced(placed, is_mixin=placed.name in ancestry.mixins)
    return kept, found


def _misplaced(placed: PlacedClass, *, is_mixin: bool) -> Iterator[Diagnostic]:
    for each in class_decorators(placed):
        if each.core in OF_STEPS:
            what = f"class `{placed.name}`"
            yield places.misplaced_decorator(each.span, each.name, what, "a step")
        elif is_mixin and each.core in OF_FLOWS:
            what = f"class `{placed.name}`, which is no flow"
            yield places.misplaced_decorator(each.span, each.name, what, "the flow's class")
