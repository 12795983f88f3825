"""The flows whose graphs are drawn: the fixtures, odd ones, and large ones."""

from __future__ import annotations

from pathlib import Path

from flowc.driver import read_flow
from flowc.ir.flow import Flow

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
FIXTURES = sorted(path.parent.name for path in FLOWS.glob("*/flow.py"))


def read(path: Path) -> Flow:
    reading = read_flow(str(path))
    assert reading.flow, reading.diagnostics
    return reading.flow


def fixture(name: str) -> Flow:
    return read(FLOWS / name / "flow.py")


# Names that mean something to Mermaid or Graphviz, and texts that would break out of each format.
HOSTILE = r'''
from metaflow import FlowSpec, Parameter, catch, environment, kubernetes, retry, step, timeout


class HostileFlow(FlowSpec):
    """<script>alert("x")</script> ]]> & 'quotes' `tick` \x07 %% 100% #35; {x} -- 日本語日本語.

    Second paragraph."""

    p = Parameter("p", default='"]]></text>\n\\N', help="</svg><b>|")

    @step
    def start(self):
        """\ud800 ]]> <b> --> "q" """
        self.next(self.graph, self.subgraph, self.style, self.class1, self.o, self.x__)

    @kubernetes(image='evil"<img src=x onerror=alert(1)>&;\\N ]]>\n"', cpu=0.5)
    @catch(var="failure")
    @timeout(hours=1, minutes=30)
    @step
    def graph(self):
        self.next(self.node)

    @retry
    @environment(vars={"A": "1"})
    @step
    def subgraph(self):
        self.next(self.node)

    @step
    def style(self):
        self.next(self.node)

    @step
    def class1(self):
        self.next(self.node)

    @step
    def o(self):
        self.next(self.node)

    @step
    def x__(self):
        self.next(self.node)

    @step
    def node(self, inputs):
        self.next(self.call)

    @step
    def call(self):
        self.next({'a"<]]>': self.click, "b\n": self.default, 3: self.digraph}, condition="end")

    @step
    def click(self):
        self.next(self.a_step_whose_name_is_longer_than_what_one_line_of_a_box_could_ever_hold)

    @step
    def default(self):
        self.next(self.end)

    @step
    def digraph(self):
        self.next(self.end)

    @step
    def a_step_whose_name_is_longer_than_what_one_line_of_a_box_could_ever_hold(self):
        self.next(self.end)

    @step
    def end(self):
        pass
'''


def hostile(folder: Path) -> Flow:
    path = folder / "flow.py"
    path.write_text(HOSTILE, encoding="utf-8")
    return read(path)


# Cases of every kind; several to one step, long ones, and many at a loop of a single small step.
CASES = r"""
from flowc import FlowSpec, step


class CasesFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.a)

    @step
    def a(self):
        self.next({
            "again": self.a, "a case of many words that goes on and on for ever": self.a,
            "one_more_with_underscores_in_it_and_all": self.a,
            "a fourth one that takes about a line": self.a, "": self.a, 5: self.a, 6: self.a,
            7: self.a, "out": self.b,
        }, condition="way")

    @step
    def b(self):
        self.next({
            "": self.c, "\n": self.c, "in" "two": self.c, "\ud800]]>": self.c, True: self.c,
            2.50: self.d, 0x1F: self.d, self.config.mode: self.d,
        }, condition="way")

    @step
    def c(self):
        self.next(self.end)

    @step
    def d(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def hostile_cases(folder: Path) -> Flow:
    path = folder / "cases.py"
    path.write_text(CASES, encoding="utf-8")
    return read(path)


def large(folder: Path, parts: int) -> Flow:
    """A flow of so many parts, one after the other, with ten steps each."""
    lines = ["from flowc import FlowSpec, step", "", "", "class LargeFlow(FlowSpec):"]
    lines += _step("start", "self.next(self.p0_open)")
    for number in range(parts):
        follow = f"p{number + 1}_open" if number + 1 < parts else "end"
        lines += _part(f"p{number}", follow)
    path = folder / "large.py"
    path.write_text("\n".join([*lines, *_step("end", "pass")]) + "\n", encoding="utf-8")
    return read(path)


def _part(p: str, follow: str) -> list[str]:
    """A split whose branches hold a foreach, a switch, and a loop."""
    return [
        *_step(f"{p}_open", f"self.next(self.{p}_many, self.{p}_choose, self.{p}_again)"),
        *_step(f"{p}_many", f'self.next(self.{p}_one, foreach="items")'),
        *_step(f"{p}_one", f"self.next(self.{p}_all)"),
        *_step(f"{p}_all", f"self.next(self.{p}_join)", joins=True),
        *_step(
            f"{p}_choose",
            f'self.next({{"x": self.{p}_x, "y": self.{p}_meet}}, condition="way")',
        ),
        *_step(f"{p}_x", f"self.next(self.{p}_meet)"),
        *_step(f"{p}_meet", f"self.next(self.{p}_join)"),
        *_step(
            f"{p}_again",
            f'self.next({{"on": self.{p}_again, "off": self.{p}_done}}, condition="way")',
        ),
        *_step(f"{p}_done", f"self.next(self.{p}_join)"),
        *_step(f"{p}_join", f"self.next(self.{follow})", joins=True),
    ]


def _step(name: str, body: str, *, joins: bool = False) -> list[str]:
    arguments = "self, inputs" if joins else "self"
    return ["    @step", f"    def {name}({arguments}):", f"        {body}", ""]
