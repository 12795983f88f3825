"""Spans are exact: each source marks with «» where they must lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flowc.diagnostics import Span
from flowc.ir.flow import Flow, Unknown
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source, read_source

HEAD = "from flowc import *\n\n\nclass TestFlow(FlowSpec):\n"
END = "\n    @step\n    def end(self):\n        pass\n"


def unmarked(text: str) -> tuple[str, list[Span]]:
    """The text without its marks, and the spans that they enclose."""
    plain, spans = "", []
    for before, inside in re.findall(r"([^«]*)(?:«([^»]*)»)?", text):
        plain += before
        if inside:
            spans.append(Span("flow.py", *place(plain), *place(plain + inside)))
        plain += inside
    return plain, spans


def place(text: str) -> tuple[int, int]:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def read(text: str, name: str = "") -> Flow:
    flow, _ = parse_flow(Source("flow.py", text), name)
    assert flow is not None
    return flow


def check(marked: str, spans_of: Callable[[Flow], list[Span]]) -> None:
    text, expected = unmarked(marked)

    assert expected
    assert spans_of(read(text)) == expected


def step_spans(flow: Flow) -> list[Span]:
    return [step.span for step in flow.steps.values()]


def transition_spans(flow: Flow) -> list[Span]:
    return [step.transition.span for step in flow.steps.values() if step.transition]


def target_spans(flow: Flow) -> list[Span]:
    transitions = [step.transition for step in flow.steps.values() if step.transition]
    return [target.span for transition in transitions for target in transition.targets]


def decorator_spans(flow: Flow) -> list[Span]:
    return [each.span for step in flow.steps.values() for each in step.decorators]


STEPS = {
    "plain": HEAD + "    @step\n    def «start»(self):\n        self.next(self.end)\n"
    "\n    @step\n    def «end»(self):\n        pass\n",
    "tabs": HEAD + "\t@step\n\tdef «start»(self):\n\t\tself.next(self.end)\n"
    "\n\t@step\n\tdef\t«end»(self):\n\t\tpass\n",
    "strings and comments": HEAD + '    """\n    @step\n    def start(self):\n    """\n'
    '    # @step\n    # def start(self):\n    x = \'def start(self): \' "\\"def start"\n'
    "    @step\n    def «start»(self):\n        '''\n    def start(self):\n        '''\n",
    "another before": "def start(self):\n    pass\n\n\nclass Other:\n    def start(self):\n"
    "        pass\n\n\n" + HEAD + "    @step\n    def «start»(self):\n        pass\n",
    "inner functions": HEAD + "    @step\n    def «start»(self):\n        def end(self):\n"
    "            pass\n\n        class Inner:\n            @step\n            def end(self):\n"
    "                pass\n\n    @step\n    def «end»(self):\n        pass\n",
    "continued": HEAD + "    limit = 1 + \\\n    2\n    @step\n    def «start»(self,\n"
    "    ):\n        pass\n",
    "a bracket at the indent": HEAD
    + "    alpha = Parameter('alpha',\n  default=3,\n    help='x')\n\n"
    "    @environment(\n    vars={'A': 'b'}\n    )\n"
    "    @step\n    def «start»(self):\n        pass\n",
    "no space": HEAD + " @step\n def «start»(self): self.next(self.end)\n"
    " @step\n def «end»(self): pass\n",
    "async": HEAD + "    @step\n    async  def «start»(self):\n        pass\n",
    "letters beyond ASCII": HEAD
    + "    x = 'ä𝔘'\n    @step\n    def «größe»(self):\n        pass\n",
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_stand_at_their_names(name: str) -> None:
    check(STEPS[name], step_spans)


TRANSITIONS = [
    "«self.next»(self.end)",
    "x = 'self.next(1)'; «self.next»(self.end)",
    "# self.next(self.end)\n        «self.next»(self.end)",
    '"""\n        self.next(self.end)\n        """\n        «self.next»(self.end)',
    "«self . next» (self.end)",
    "self.x = iter.next()\n        «self.next»(\n            self.end\n        )",
    "«self.next»(self.end);",
    "text = f'{self.x}'\n        other.self.next(1)\n        «self.next»(self.end)",
]


@pytest.mark.parametrize("line", TRANSITIONS)
def test_transitions_stand_at_the_call(line: str) -> None:
    source = f"{HEAD}    @step\n    def start(self):\n        {line}\n{END}"

    check(source, transition_spans)


TARGETS = [
    "self.next(self.«end»)",
    "self.next(self.«a», self.«b»)",
    "self.next(self . «end»)",
    "self.next(  # self.end\n            self.«end»,\n        )",
    "self.next(self.\\\n«end»)",
    'self.next({"end": self.«a», "a": self.«end»}, condition="end")',
    'self.next({"self.end": self.«end», "b": self.«end»}, condition="x")',
    'self.next({self.config.end: self.«end», "b": self.«a»}, condition="x")',
    'self.next(self.«a», foreach="a")',
    "self.next(self.«endless», self.«end»)",
]


@pytest.mark.parametrize("line", TARGETS)
def test_targets_stand_at_the_steps_they_name(line: str) -> None:
    check(f"{HEAD}    @step\n    def start(self):\n        {line}\n", target_spans)


DECORATORS = [
    "    «@retry»\n    @step\n",
    "    «@retry»(times=3)\n    «@catch»()\n    @step\n",
    "    «@ retry»\n    @step\n",
    "    «@environment»(\n        vars={\n            'A': '@x',\n        },\n    )\n    @step\n",
    "    «@retry»  # @catch\n\n    # @timeout\n    @step\n",
    "    @step\n    «@retry»\n",
    "    «@flowc.retry»\n    @step\n",
]


@pytest.mark.parametrize("lines", DECORATORS)
def test_decorators_stand_at_their_at_sign_and_name(lines: str) -> None:
    check(f"{HEAD}{lines}    def start(self):\n        pass\n", decorator_spans)


UNKNOWNS = [
    "    @retry(«times»=TIMES)\n",
    "    @retry(\n        # times=1\n        «times»=TIMES,\n    )\n",
    "    @environment(«vars»={'vars=': VALUE})\n",
    "    @catch(var='times=')\n    @retry(minutes_between_retries=1, «times» = TIMES)\n",
]


@pytest.mark.parametrize("lines", UNKNOWNS)
def test_unknown_arguments_stand_at_their_keyword(lines: str) -> None:
    def unknown_spans(flow: Flow) -> list[Span]:
        given = [each.arguments for step in flow.steps.values() for each in step.decorators]
        values = [value for arguments in given for value in arguments.values()]
        return [value.span for value in values if isinstance(value, Unknown)]

    check(f"{HEAD}{lines}    @step\n    def start(self):\n        pass\n", unknown_spans)


PARAMETERS = [
    "    «alpha» = Parameter('alpha')\n",
    "    «alpha»: float = Parameter('alpha')\n    «beta»=Parameter('beta')\n",
    "    «alpha» = Parameter(\n        name='alpha',\n        default=1,\n    )\n",
    "    # alpha = Parameter()\n    x = 'alpha = Parameter()'\n    «alpha» = Parameter('alpha')\n",
]


@pytest.mark.parametrize("lines", PARAMETERS)
def test_parameters_stand_at_their_attribute(lines: str) -> None:
    check(HEAD + lines + END, lambda flow: [each.span for each in flow.parameters])


def test_the_chosen_of_two_flows_is_read_at_its_own_place() -> None:
    step = "    @step\n    def {}(self):\n        pass\n\n\n"
    first = "class A(FlowSpec):\n" + step.format("start")
    second = "class «B»(FlowSpec):\n" + step.format("«start»") + "class C(FlowSpec):\n    pass\n"
    text, (class_span, step_span) = unmarked("from flowc import *\n" + first + second)

    flow = read(text, "B")

    assert flow.name == "B"
    assert (flow.span, flow.steps["start"].span) == (class_span, step_span)


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_newlines_and_byte_order_marks_shift_nothing(
    tmp_path: Path, newline: str, mark: bytes
) -> None:
    text, expected = unmarked(STEPS["plain"])
    file = tmp_path / "flow.py"
    file.write_bytes(mark + text.replace("\n", newline).encode())

    source, diagnostics = read_source(str(file))

    assert source is not None
    assert not diagnostics
    assert step_spans(read(source.text)) == expected
