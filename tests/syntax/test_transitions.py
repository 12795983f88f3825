"""All forms of `self.next`, and what is none."""

from __future__ import annotations

import pytest

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow, Kind
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

HEAD = "from flowc import *\n\nclass TestFlow(FlowSpec):\n"
END = "\n    @step\n    def end(self):\n        pass\n"


def read(method: str) -> tuple[Flow, list[Diagnostic]]:
    flow, diagnostics = parse_flow(Source("flow.py", HEAD + method + END))
    assert flow is not None
    return flow, diagnostics


def start(body: str, argument: str = "self") -> str:
    return f"    @step\n    def start({argument}):\n        {body}\n"


FORMS: dict[str, tuple[Kind, tuple[str, ...], str]] = {
    "self.next(self.a)": (Kind.LINEAR, ("a",), ""),
    "self.next(self.a,)": (Kind.LINEAR, ("a",), ""),
    "self.next((self.a))": (Kind.LINEAR, ("a",), ""),
    "(self.next(self.a))": (Kind.LINEAR, ("a",), ""),
    "(self.next)(self.a)": (Kind.LINEAR, ("a",), ""),
    "self.next(\\\n            self.a)": (Kind.LINEAR, ("a",), ""),
    "self.next(self.a, self.b)": (Kind.SPLIT, ("a", "b"), ""),
    "self.next(self.a, foreach='xs')": (Kind.FOREACH, ("a",), "xs"),
    "self.next(self.a, num_parallel=4)": (Kind.GANG, ("a",), ""),
    "self.next(self.a, num_parallel=self.size)": (Kind.GANG, ("a",), ""),
    "self.next({'x': self.a, 'y': self.b}, condition='c')": (Kind.SWITCH, ("a", "b"), "c"),
    "self.next({'x': self.a, 'y': self.a, 2: self.b}, condition='c')": (
        Kind.SWITCH,
        ("a", "b"),
        "c",
    ),
    "self.next({'x': self.a, True: self.b}, condition=r'c')": (Kind.SWITCH, ("a", "b"), "c"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_read(form: str) -> None:
    flow, diagnostics = read(start(form))

    transition = flow.steps["start"].transition
    assert transition is not None
    assert (transition.kind, transition.steps, transition.artifact) == FORMS[form]
    assert diagnostics == []


def test_each_case_is_a_target_of_its_own() -> None:
    flow, _ = read(start("self.next({'x': self.a, 'y': self.a}, condition='c')"))

    transition = flow.steps["start"].transition
    assert transition is not None
    assert [target.step for target in transition.targets] == ["a", "a"]
    assert len({target.span for target in transition.targets}) == 2


def test_the_first_argument_may_have_any_name_to_be_read() -> None:
    flow, diagnostics = read(start("this.next(this.end)", "this"))

    assert flow.steps["start"].next_steps == ("end",)
    assert diagnostics == []


@pytest.mark.parametrize(
    ("method", "code"),
    [
        (start("self.next(self.end)", "this"), "FC107"),
        (start("next(self.end)"), "FC107"),
        (start("self.next"), "FC107"),
        (start("x = self.next(self.end)"), "FC109"),
        (start("await self.next(self.end)").replace("def", "async def", 1), "FC109"),
        (start("with self.x:\n            self.next(self.end)"), "FC109"),
        (
            start("try:\n            self.next(self.end)\n        finally:\n            pass"),
            "FC109",
        ),
        (start("self.next(self.end) if self.x else None"), "FC109"),
        (start("(lambda: self.next(self.end))()"), "FC109"),
        (start("self.next(self.end)[0]"), "FC109"),
        (start("self.next(self.a.b)"), "FC108"),
        (start("self.next(other.end)"), "FC108"),
        (start("self.next(self)"), "FC108"),
        (start("self.next(self.end if self.x else self.a)"), "FC108"),
        (start("self.next(**{'foreach': 'x'})"), "FC108"),
        (start("self.next(self.end, foreach='\\N{nope}')"), "FC108"),
        (start("self.next(self.end, foreach=b'x')"), "FC108"),
    ],
)
def test_what_is_no_transition_is_told(method: str, code: str) -> None:
    flow, diagnostics = read(method)

    assert flow.steps["start"].transition is None
    assert code in [each.code for each in diagnostics]


def test_lambdas_with_a_self_of_their_own_are_passed_over() -> None:
    flow, diagnostics = read(
        start("self.f = lambda self: self.next(1)\n        self.next(self.end)")
    )

    assert flow.steps["start"].next_steps == ("end",)
    assert diagnostics == []


def test_the_end_needs_no_transition() -> None:
    flow, diagnostics = read(start("self.next(self.end)"))

    assert (flow.start, flow.end) == ("start", "end")
    assert flow.steps["end"].kind is Kind.END
    assert diagnostics == []
