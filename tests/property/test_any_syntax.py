"""Whatever syntax stands anywhere in a flow: flowc reads or refuses it, and runs nothing.

Hypothesmith generates modules, statements and expressions of all kinds of syntax, most of which no
flow has ever had.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from textwrap import indent

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesmith import from_grammar, from_node

import flowc
from flowc.diagnostics import failed
from flowc.driver import read_flow
from flowc.graph.formats import RENDERERS
from flowc.report import render
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

# Hypothesmith takes a hundred times what flowc takes, so that each example goes many places.
FEW = settings(max_examples=settings().max_examples // 6, suppress_health_check=list(HealthCheck))

FLOW = """
from flowc import *
from flowc import FlowSpec, IncludeFile, JSONType, Parameter, step
import metaflow as mf

X = {0}

{1}
class TestFlow({2}):
    p = {3}
    {4}

    {5}
    @step
    def start(self, {6}):
        {7}
        self.next({8})

    @step
    def middle(self):
        self.next(self.end)

    @step
    def end(self):
        pass


{9}
"""
PLAIN = ("1", "", "FlowSpec", "1", "q = 1", "", "", "pass", "self.middle", "TestFlow()")

# For a place of the flow above the forms that an expression `E` may have there.
EXPRESSIONS = {
    0: ("E", "[E, *E]", "{E: E}", "f'{E}'", "E if E else E", "[E for X in E]"),
    1: ("@E", "@schedule(cron=E)", "@schedule(E, **E)", "@project(name=E)", "@trigger(event=E)"),
    2: ("FlowSpec, E", "E", "FlowSpec, *E", "FlowSpec, metaclass=E", "FlowSpec[E]"),
    3: (
        *("E", "Parameter(E)", "Parameter('p', default=E)", "Parameter('p', E, E, E, E, E, E, E)"),
        *("Parameter('p', type=E)", "Parameter('p', required=E, help=E, show_default=E)"),
        *("Parameter('p', separator=E, **E)", "Parameter(*E)", "mf.Parameter('p', type=mf.E)"),
        *("IncludeFile('p', E, E, E, E, E)", "IncludeFile('p', encoding=E, default=E, **{'q': E})"),
        *("Parameter('p', default=lambda E: E)", "Parameter('p', **{E: E})", "Parameter(E, E=E)"),
    ),
    4: (
        *("E", "q = E", "q: E = E", "q = Parameter('q', default=E), E", "del E", "p = E", "q: E"),
        *("E = Parameter('q')", "start = E", "def start(self, a=E): return E", "end = E(end)"),
    ),
    5: (
        *("@E", "@E.E", "@E(E)", "@retry(E)", "@retry(times=E, minutes_between_retries=E)"),
        *("@resources(cpu=E, memory=E, **E)", "@environment(vars=E)", "@environment(vars={E: E})"),
        *("@catch(var=E, print_exception=E)", "@timeout(seconds=E, hours=E)", "@mf.retry(times=E)"),
        *("@kubernetes(image=E, cpu=E, gpu=E)", "@parallel(E)", "@retry(*E, times=X)", "@card(E)"),
    ),
    6: ("a=E", "a: E", "*a: E", "*, a=E", "/, a=E", "E"),
    7: (
        *("E", "self.x = E", "self.p = E", "self.p: E = E", "for self.p in E: pass", "return E"),
        *("self.p, *E = E", "E.next(E)", "self.next(E); E", "del self.p, E", "E = self.p = E"),
        *("with E as self.p: pass", "if E: self.next(E)", "assert E, self.next", "lambda self: E"),
    ),
    8: (
        *("E", "*E", "**E", "self.E", "self.middle, E", "self.middle, self.end, E", "E, foreach=E"),
        *("self.middle, foreach=E", "self.middle, num_parallel=E", "self.middle, condition=E"),
        *("{E: self.middle, 2: self.end}, condition=E", "{**E}, condition='x'", "self.middle, E=E"),
        *("{1: self.middle, 2: self.E}, condition='x'", "{1: E, 2: E}, condition='x'", "(E)"),
        *("self.middle, foreach=f'{E}'", "self.middle, foreach=X", "E for E in E", "X := E"),
    ),
    9: ("E", "E()", "E.E()", "TestFlow(E)", "if E: TestFlow()", "X += E", "X.append(E)", "del X"),
}
FORMS = [(place, form) for place, forms in EXPRESSIONS.items() for form in forms]
STATEMENTS = (0, 1, 4, 5, 7, 9)
# What hypothesmith's shortest name stands for in turn, so that generated code is about the flow.
NAMES = ("A", "self", "step", "retry", "FlowSpec", "TestFlow", "X", "p", "Parameter", "start", "mf")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("any_syntax") / "flow.py"
    # What flowc and its libraries load when they are first needed is no work of the flow.
    for module in walk_packages(flowc.__path__, "flowc."):
        if not module.name.startswith(("flowc.runtime", "flowc.__main__")):
            import_module(module.name)
    for place, form in FORMS:
        check(path, spliced(place, re.sub(r"\bE\b", "open", form)))
    return path


def spliced(place: int, text: str) -> str:
    """The flow with the text at a place of it."""
    line = re.search(rf"^( *).*\{{{place}\}}", FLOW, re.MULTILINE)
    assert line
    text = indent(text, line[1]).strip() if place in STATEMENTS else text
    return FLOW.format(*(*PLAIN[:place], text, *PLAIN[place + 1 :]))


WATCHED: list[list[str]] = []


def _watch(name: str, arguments: tuple[object, ...]) -> None:
    if WATCHED and (name in {"exec", "import", "os.system", "subprocess.Popen", "socket.connect"}):
        WATCHED[-1].append(f"{name} {arguments}")


sys.addaudithook(_watch)


@contextmanager
def nothing_runs() -> Iterator[None]:
    """Fails if a module is loaded, but for an encoding of Python's own, or anything executed."""
    WATCHED.append([])
    try:
        yield
    finally:
        seen = WATCHED.pop()
    assert [each for each in seen if "encodings" not in each] == []


def check(path: Path, source: str) -> None:
    """The source is read and goes all the way, or there is an error; each finding can be shown."""
    path.write_bytes(source.encode(errors="surrogatepass"))
    reading = read_flow(str(path))
    assert (reading.flow is None) == failed(reading.diagnostics)
    for found in reading.diagnostics:
        assert found.code in render([found], reading.lines)
    if reading.flow:
        get_target("argo").emit(reading.flow, CompileOptions(image="image:1"))
        for renderer in RENDERERS.values():
            assert renderer(reading.flow)


@FEW
@given(source=from_grammar(auto_target=False) | from_node(cst.Module, auto_target=False))
def test_any_module_is_read_or_refused(file: Path, source: str) -> None:
    with nothing_runs():
        check(file, source)
        check(file, f"{FLOW.format(*PLAIN)}\n{source}")
        check(file, f"{source}\n{FLOW.format(*PLAIN)}")


@FEW
@given(
    text=from_node(cst.BaseExpression, auto_target=False),
    name=st.sampled_from(NAMES),
    forms=st.lists(st.sampled_from(FORMS), min_size=8, max_size=8),
)
def test_any_expression_is_read_or_refused(
    file: Path, text: str, name: str, forms: list[tuple[int, str]]
) -> None:
    expression = re.sub(r"\bA\b", name, text)
    with nothing_runs():
        for place, form in forms:
            check(file, spliced(place, re.sub(r"\bE\b", lambda _: expression, form)))


@FEW
@given(
    text=from_node(cst.BaseCompoundStatement, auto_target=False)
    | from_node(cst.SimpleStatementLine, auto_target=False),
    name=st.sampled_from(NAMES),
)
def test_any_statement_is_read_or_refused(file: Path, text: str, name: str) -> None:
    statement = re.sub(r"\bA\b", name, text)
    with nothing_runs():
        for place in STATEMENTS:
            check(file, spliced(place, statement))
