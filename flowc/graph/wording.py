"""What a picture says of a step or frame, in a few words; everything on one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import assert_never

from flowc.graph.step_graph import Edge, Frame, FrameKind
from flowc.ir.compute import Compute
from flowc.ir.flow import Flow, Kind, Origin, Parameter, Step, Unknown, Value

_COMPUTE = ("resources", "kubernetes", "batch")
_TOLD = (*_COMPUTE, "retry", "catch", "timeout", "parallel")
_MOST_CASES = 5
_LONGEST_CASE = 40
_UNITS = (("h", 3600), ("min", 60), ("s", 1))


def printable(text: str) -> str:
    """The text on one line, without letters that a terminal or XML would not take."""
    line = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "�" for letter in line)


def summary(doc: str) -> str:
    """The first sentence or paragraph of a docstring, whichever is shorter."""
    paragraph = printable(doc.strip().partition("\n\n")[0])
    sentence, stop, _ = paragraph.partition(". ")
    return sentence + stop.strip()


def place(written: Flow | Step) -> str:
    """The file of a flow's class or a step, by its name alone, and line."""
    return f"{printable(PurePath(written.span.path).name)}:{written.span.line}"


def badges(flow: Flow, step: Step) -> tuple[str, ...]:
    """What the step is in the graph; nothing for one that only leads on."""
    found = ["start"] * (step.name == flow.start != "start")
    found += ["join"] * step.joins
    found += ["end"] * (step.kind is Kind.END and step.name != "end")
    if step.kind not in (Kind.LINEAR, Kind.END):
        found.append(_opens(step))
    return tuple(found)


def _opens(step: Step) -> str:
    artifact = step.transition.artifact if step.transition else ""
    match step.kind:
        case Kind.FOREACH:
            return f"foreach {artifact}"
        case Kind.SWITCH:
            return f"switch on {artifact}"
        case Kind.LINEAR | Kind.SPLIT | Kind.GANG | Kind.END:
            return step.kind.value
        case _:
            assert_never(step.kind)


def frame_title(flow: Flow, frame: Frame) -> str:
    """What a frame's steps have in common; nothing for a branch."""
    transition = flow.steps[frame.at].transition
    artifact = transition.artifact if transition else ""
    match frame.kind:
        case FrameKind.FOREACH:
            return f"for each of {artifact}"
        case FrameKind.GANG:
            return "gang, all at once"
        case FrameKind.LOOP:
            return f"loop on {artifact}"
        case FrameKind.BRANCH:
            return ""
        case _:
            assert_never(frame.kind)


def edge_label(edge: Edge) -> str:
    """The cases of a switch that lead along an edge, the first few of many; else nothing."""
    shown = [_case_words(case) for case in edge.cases[:_MOST_CASES]]
    more = len(edge.cases) - len(shown)
    return ", ".join([*shown, *[f"{more} more"] * (more > 0)])


def _case_words(case: str) -> str:
    # What is all blank is seen with its quotes alone.
    words = printable(case) or printable(repr(case))
    return words if len(words) <= _LONGEST_CASE else words[: _LONGEST_CASE - 1] + "…"


def remarks(step: Step) -> tuple[str, ...]:
    """What decorators say of the step's failures and container, and the names of all others."""
    return tuple(printable(remark) for remark in (*_policy(step), *_compute(step), *_others(step)))


def _policy(step: Step) -> Iterator[str]:
    policy = step.policy
    if policy.retries:
        yield f"retry {policy.retries}x"
    if policy.catch:
        yield f"catch {policy.catch.artifact}".rstrip()
    if policy.timeout:
        yield f"timeout {duration(policy.timeout)}"


def _compute(step: Step) -> Iterator[str]:
    asked, default = step.compute, Compute()
    if asked.cpu != default.cpu:
        yield f"{asked.cpu:g} cpu"
    if asked.memory_mb != default.memory_mb:
        yield f"{asked.memory_mb} MB"
    if asked.gpu:
        yield f"{asked.gpu} gpu"
    if asked.image:
        yield f"image {asked.image}"


def _others(step: Step) -> Iterator[str]:
    others = (
        decorator.name
        for decorator in step.decorators
        if decorator.core not in _TOLD and decorator.origin is not Origin.FUNCTION
    )
    yield from dict.fromkeys(f"@{printable(name)}" for name in others)


def duration(seconds: int) -> str:
    """Such as `1 h 30 min`."""
    words = []
    for unit, length in _UNITS:
        count, seconds = divmod(seconds, length)
        words += [f"{count} {unit}"] * (count > 0)
    return " ".join(words)


def parameter_words(parameter: Parameter) -> str:
    """A parameter's name, kind and default, such as `alpha: float = 0.5`."""
    words = f"{printable(parameter.name)}: {parameter.kind.value}"
    if parameter.required:
        return f"{words}, required"
    if parameter.default is None:
        return words
    return f"{words} = {value_words(parameter.default)}"


def value_words(value: Value) -> str:
    """A value as the source says it."""
    return printable(value.text if isinstance(value, Unknown) else repr(value))
