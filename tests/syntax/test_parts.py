"""Parsed in parts, a file says what it says as a whole."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.syntax.literals import docstring
from flowc.syntax.parse import parse_flow
from flowc.syntax.project import Project
from flowc.syntax.source import Source, parse_tree
from flowc.syntax.tree import Member

FLOWS = sorted((Path(__file__).parents[2] / "fixtures" / "flows").glob("*/flow.py"))

HEAD = "from flowc import FlowSpec, Parameter, step\n\n\nclass TestFlow(FlowSpec):\n"
STEP = "@step\ndef {n}(self):\n"
STATEMENTS = (
    *("p = Parameter('p', default=1)", "a = 1; q = Parameter('q')", "x: int = 3", "pass", "'text'"),
    *("'''a text\nof two lines'''", "a = '''\n    @step\ndef x(self): '''", "a = 1; b = '''\n'''"),
    *(
        "a = (1,\n2)",
        "a = [\n# @step\n]",
        "a = 1 \\\n  + 2",
        "b = 1\n\\\na = 1",
        "a = 1 \\\n\n",
        "a = 1  # \\",
    ),
    *(
        "# a comment",
        "\f",
        "\n\n",
        "(a) = 1",
        "a = b = 'é'; c = 2",
        "if a:\n  b = 1\nelse:\n  b = 2",
    ),
    *("if a:\n  @step\n  def {n}(self): pass", "for a in b: a", "with a: a = Parameter('r')"),
    *("class C: pass", "class C:\n  'text'\n  p = Parameter('s')\n  def g(self): pass"),
    *(
        "def {n}(self): pass",
        "def {n}(self): \\\n  pass",
        "def {n}(self):\n  # why\n  return '''\n '''",
    ),
    *("async def {n}(self):\n\n  await a\n# on", "def {n}(\n  self\n): return 1", "x = lambda: 1"),
    *("@property\ndef {n}(self):\n  'text'\n  return 1", "@ \\\nstep\ndef {n}(self): pass"),
    *(
        "@(\nstep)\ndef {n}(self):\n  a = 1\n  self.next(self.end)",
        "@step\n\n# a\n@f(\n1)\ndef {n}(self): 1",
    ),
    *(STEP + "  self.next(self.end)", STEP + "  'text'\n  self.next(self.end)  # on"),
    *(
        STEP + "  a = 1\n  'text'",
        STEP + "  'text'; self.next(self.end)",
        STEP + "  a = 1; b = 2\n",
    ),
    *(STEP + "  '''a\nb'''\n  a = '''\n'''; self.x = a\n  self.next(self.end)",),
    *(STEP + "  if a:\n    self.next(self.end)\n  b\n  self.next(self.end)",),
    *(STEP + "  if a:\n    self.next(self.end)\n  else:\n    self.next(self.a)",),
    *(STEP + "  a = 1\n  \\\nself.next(self.end)",),
    *(
        STEP + "  a = 1\n  self.next(\n self.end, foreach='a'\n)",
        STEP + "\t\n  a = 1\n  \\\n  b = 2",
    ),
    *(STEP + "  def f(self):\n    self.next(1)\n  self.next(self.end)", STEP + "  a \\\n\n"),
    *(
        "@step\nasync def {n}(self):\n  a\n  self.next(self.end)",
        STEP + "  a = 1\n  self.next(self.b, foreach=a)",
    ),
)
BETWEEN = (
    "",
    "\n",
    "\n\n",
    "    # a comment\n",
    "# at the edge\n",
    "            # deep\n",
    " \t\n",
)
# Python reads no number of so many digits, so that a file with it is parsed as a whole.
WHOLE = f"\nWHOLE = {'9' * 5_000}\n"


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Flows whose statements stand in all the ways in which they can."""
    indent = draw(st.sampled_from(("    ", " ", "\t")))
    drawn = draw(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=30))
    text = HEAD
    for number, statement in enumerate(drawn):
        named = statement.replace("{n}", f"step_{number}")
        text += draw(st.sampled_from(BETWEEN)) + textwrap.indent(named, indent) + "\n"
    text += indent + draw(st.sampled_from(("last = 1\n", "last = 1 \\\n\n")))
    return text + draw(st.sampled_from(("", "\n\nif __name__ == '__main__':\n    TestFlow()\n")))


def read(text: str) -> tuple[Flow | None, list[Diagnostic]]:
    flow, diagnostics = parse_flow(Source("flow.py", text))
    # What a file imports is read only where Python takes it: elsewhere, it cannot run anyway.
    return flow and replace(flow, imports=()), diagnostics


def dump(node: cst.CSTNode) -> str:
    return ast.dump(ast.parse(cst.Module([]).code_for_node(node)))


def head(node: cst.FunctionDef) -> str:
    return dump(node.with_changes(body=cst.SimpleStatementSuite([cst.Pass()])))


def assert_same(member: Member, whole: cst.CSTNode) -> None:
    """The member is the statement, or of a function what is needed of it."""
    if not isinstance(whole, cst.FunctionDef):
        assert dump(member.node) == dump(whole)
        return
    assert isinstance(member.node, cst.FunctionDef)
    assert head(member.node) == head(whole)
    assert docstring(member.node) == docstring(whole)
    if whole.decorators:
        assert dump(member.node.body.body[-1]) == dump(whole.body.body[-1])
        assert dump(member.function()) == dump(whole)


def assert_same_members(text: str) -> None:
    nodes = [node for node in cst.parse_module(text).body if isinstance(node, cst.ClassDef)]
    tree = Project(Source("flow.py", text)).main.tree
    assert len(tree.classes) == len(nodes)
    for place, node in enumerate(nodes):
        assert docstring(tree.classes[place]) == docstring(node)
        for member, whole in zip(tree.members(place), node.body.body, strict=True):
            assert_same(member, whole)


@settings(max_examples=150, deadline=None)
@given(programs())
def test_statements_are_those_of_the_whole_file(text: str) -> None:
    assert_same_members(text)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.parent.name)
def test_statements_of_real_flows_are_those_of_the_whole_file(path: Path) -> None:
    assert_same_members(path.read_text(encoding="utf-8"))


@settings(max_examples=150, deadline=None)
@given(programs())
def test_a_flow_is_the_same_in_parts_and_as_a_whole(text: str) -> None:
    assert read(text) == read(text + WHOLE)


# Python takes these brackets, libcst does not.
ODD = "(odd): int"
END = "    @step\n    def end(self):\n        pass\n"
START = f"    @step\n    def start(self):\n        self.next(self.end)\n\n{END}"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + START.replace("        self", f"        {ODD}\n        self"),
        f"{HEAD}{START}\n    def more(self):\n        {ODD}\n",
        f"def more():\n    {ODD}\n\n\n{HEAD}{START}",
        f"class More:\n    {ODD}\n\n\n{HEAD}{START}",
    ],
    ids=["in a step", "in a method", "in a function", "in another class"],
)
def test_what_is_not_needed_need_not_be_understood(text: str) -> None:
    flow, diagnostics = read(text)

    assert flow is not None
    assert list(flow.steps) == ["start", "end"]
    assert diagnostics == []


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{START}\n    {ODD}\n",
        f"{HEAD}{START}\n{ODD}\n",
        HEAD + START.replace("self.next(self.end)", ODD),
        HEAD
        + START.replace(
            "        self", f"        {ODD}\n        return self.next(1)\n        self"
        ),
    ],
    ids=["in the class", "at the top", "at the end of a step", "with several transitions"],
)
def test_what_is_needed_and_not_understood_is_told(text: str) -> None:
    flow, (found,) = read(text)

    assert flow is None
    assert found.code == "FC002"
    assert [found] == parse_tree(Source("flow.py", text))[1]
