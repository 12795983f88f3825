"""A flow from its class and all that it inherits from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow, Parameter, Step
from flowc.syntax import problems
from flowc.syntax.ancestry import Ancestry
from flowc.syntax.classes import PlacedClass, class_decorators
from flowc.syntax.literals import docstring
from flowc.syntax.members import read_members
from flowc.syntax.step_method import OF_FLOWS, OF_STEPS

# These may stand above a flow several times, and then replace those of its bases.
_REPEATED = frozenset({"exit_hook", "airflow_external_task_sensor", "airflow_s3_key_sensor"})


def read_flow(ancestry: Ancestry, file: str) -> tuple[Flow, list[Diagnostic]]:
    """The flow, as far as it can be read, and what is wrong with it; `file` is its file's name."""
    own = ancestry.classes[0]
    inherited = _Inherited()
    for placed in reversed(ancestry.classes):
        inherited.extend(placed, alone=len(ancestry.classes) == 1, of_flow=placed.file is own.file)
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
        decorators=decorators,
        doc=docstring(own.node),
    )
    return flow, [*inherited.diagnostics(), *missing_bases(ancestry), *misplaced]


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


def _decorators(ancestry: Ancestry) -> tuple[tuple[Decorator, ...], list[Diagnostic]]:
    """The decorators of the flow and its bases as Metaflow merges them, and what is wrong."""
    own, *inherited = ([*class_decorators(placed)] for placed in ancestry.classes)
    first = {each.name: each for each in reversed(own) if each.name in _REPEATED}
    above = [each for decorators in inherited for each in decorators]
    replaced = [each for each in above if each.name in first]
    found = [problems.replaced_decorator(first[each.name].span, each) for each in replaced]
    kept = (*own, *(each for each in above if each.name not in first))
    for placed in ancestry.classes:
        found += _misplaced(placed, is_mixin=placed.name in ancestry.mixins)
    return kept, found


def _misplaced(placed: PlacedClass, *, is_mixin: bool) -> Iterator[Diagnostic]:
    for each in class_decorators(placed):
        if each.name in OF_STEPS:
            what = f"class `{placed.name}`"
            yield problems.misplaced_decorator(each.span, each.name, what, "a step")
        elif is_mixin and each.name in OF_FLOWS:
            what = f"class `{placed.name}`, which is no flow"
            yield problems.misplaced_decorator(each.span, each.name, what, "the flow's class")
