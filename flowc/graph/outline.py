"""`--format text`: the flow as an outline for a terminal or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from flowc.graph.wording import badges, parameter_words, place, printable, remarks, summary
from flowc.ir.flow import Flow, Step
from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task


@dataclass(frozen=True, slots=True)
class _Row:
    """A line: the rails and what stands behind them, a place in the source, and remarks."""

    text: str
    place: str = ""
    remarks: str = ""

    def behind(self, rail: str) -> _Row:
        return replace(self, text=rail + self.text)


def render_outline(flow: Flow) -> str:
    """The flow's steps as they may run, a step a line, behind rails that show what is inside what.

    What follows a step that several arms share stands below its first mention only.
    """
    rows = list(_Outline(flow).rows(flow.body))
    lines = [*_heading(flow), "", *_aligned(rows)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _heading(flow: Flow) -> Iterator[str]:
    yield f"{flow.name}  {place(flow)}"
    if flow.doc:
        yield summary(flow.doc)
    if flow.parameters:
        yield ""
        words = [parameter_words(parameter) for parameter in flow.parameters]
        width = max(map(len, words))
        for line, parameter in zip(words, flow.parameters, strict=True):
            yield f"  {line:{width}}  {printable(parameter.help)}"


def _aligned(rows: Sequence[_Row]) -> Iterator[str]:
    names = max(len(row.text) for row in rows if row.place)
    places = max(len(row.place) for row in rows)
    for row in rows:
        yield f"{row.text:{names}}  {row.place:{places}}  {row.remarks}"


class _Outline:
    """Writes regions as rows; remembers the steps that were written."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._written: set[str] = set()

    def rows(self, block: Block) -> Iterator[_Row]:
        for region in block:
            first = _first_step(region)
            if first in self._written:
                # Only a tail that arms share comes twice, with all that follows it in the arm.
                yield _Row(first, remarks="as above")
                return
            yield from self._region(region)

    def _region(self, region: Region) -> Iterator[_Row]:
        match region:
            case Task(step):
                self._written.add(step)
                yield self._step(self._flow.steps[step])
            case Split(_, branches):
                yield from _side_by_side([list(self.rows(branch)) for branch in branches])
            case Switch(_, arms):
                yield from _side_by_side([list(self._arm(arm)) for arm in arms])
            case Foreach(at, body, gang):
                artifact = self._artifact(at)
                title = "gang, all at once" if gang else f"for each of {artifact}"
                yield from _framed(title, list(self.rows(body)))
            case Loop(at, to, body):
                title = f"loop while {self._artifact(at)} leads to {to}"
                yield from _framed(title, list(self.rows(body)))
            case _:
                assert_never(region)

    def _arm(self, arm: Arm) -> Iterator[_Row]:
        if arm.body:
            yield from self.rows(arm.body)
        else:
            yield _Row(f"on to {arm.to}")

    def _step(self, step: Step) -> _Row:
        words = [*badges(self._flow, step), *remarks(step)]
        return _Row(step.name, place(step), ", ".join(words))

    def _artifact(self, at: str) -> str:
        transition = self._flow.steps[at].transition
        return transition.artifact if transition else ""


def _first_step(region: Region) -> str:
    """The step a region is entered by; none for what belongs to the step before it."""
    match region:
        case Task(step):
            return step
        case Loop(_, to):
            return to
        case Split() | Switch() | Foreach():
            return ""
        case _:
            assert_never(region)


def _side_by_side(blocks: Sequence[Sequence[_Row]]) -> Iterator[_Row]:
    for number, block in enumerate(blocks, 1):
        last = number == len(blocks)
        yield block[0].behind("└─ " if last else "├─ ")
        for row in block[1:]:
            yield row.behind("   " if last else "│  ")


def _framed(title: str, block: Sequence[_Row]) -> Iterator[_Row]:
    yield _Row(f"┌ {title}")
    for row in block[:-1]:
        yield row.behind("│ ")
    yield block[-1].behind("└ ")
