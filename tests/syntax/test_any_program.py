"""Whatever a file does with its names: flowc knows the value that Python ends up with, or none."""

from __future__ import annotations

import contextlib
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.ir.flow import Unknown, Value
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

HEAD = "from flowc import FlowSpec, Parameter\n"
FLOW = """

class TestFlow(FlowSpec):
{inside}
    p = Parameter("p", default={expression})
"""

NAMES = st.sampled_from(("A", "B", "C"))
VALUES = st.sampled_from(
    (
        *("1", "2", "'a'", "[1]", "[[1], 2]", "{'k': [1]}", "(1, [2])", "A", "B", "C", "[A, B]"),
        *("A or B", "[x for x in A]", "list(A)", "A[0]", "(A, B)", "{'k': A}", "len(A)", "A + B"),
        *("A.copy()", "A.get('k')", "f(A)", "C.Z", "sorted(A)", "A if B else C", "max(A, B)"),
    )
)
SIMPLE = (
    *("{n} = {v}", "{n} = {m} = {v}", "{n}, {m} = {v}, {v}", "{n} += {v}", "del {n}", "{n}: int"),
    *("{n}.append({v})", "{n}[0] = {v}", "{n}['k'] = {v}", "{n}.update(k={v})", "print({n})"),
    *("for {n} in {v}: pass", "for x in {n}: x.append(3)", "if {n}: {m} = {v}", "f({n})"),
    *("g()", "h({n}).append(5)", "({n} := {v})", "[{n} := x for x in [7]]", "({n},)[0].append(8)"),
    *("[x.append(9) for x in {n}]", "{n} = {n}", "assert {n}", "from math import pi as {n}"),
    *(
        "if {n}:\n    {m} = {v}\nelse:\n    {m} = {v}",
        "try:\n    {n} = {v}\nexcept Exception: pass",
    ),
    *("def f(a, b={n}):\n    a.append(4)\n    return b", "def g():\n    global {n}\n    {n} = {v}"),
    *("def g():\n    {n} = {v}", "def h(a):\n    return a", "def g():\n    {n}.append(6)"),
    *(
        "class C:\n    Z = {v}",
        "class C:\n    Z = {n}\n    Z.append(1)",
        "C.Z = {v}",
        "C.Z.append(2)",
    ),
    *("with contextlib.suppress(Exception):\n    {n} = {v}", "{n}[0].append(5)", "x = {n}"),
    *("x.append(6)", "x = [{n}]", "x[0].append(7)", "globals()['{n}'] = {v}"),
)


LITERALS = st.sampled_from(
    ("1", "'a'", "[1]", "[[1], 2]", "{'k': [1]}", "(1, [2])", "[[[1]], ['k']]", "{'k': {'k': 1}}")
)


@st.composite
def beginnings(draw: st.DrawFn) -> str:
    """What gives each name a value, so that most programs come to their end."""
    values = (draw(LITERALS) for _ in range(3))
    return "A = {}\nB = {}\nclass C:\n    Z = {}\ndef f(a, b=1):\n    return a\n".format(*values)


@st.composite
def statements(draw: st.DrawFn) -> str:
    form = draw(st.sampled_from(SIMPLE))
    return form.replace("{n}", draw(NAMES)).replace("{m}", draw(NAMES)).replace("{v}", draw(VALUES))


def computed(program: str) -> object:
    """The default that Python gives the parameter; a failure if there is no flow then."""
    names: dict[str, object] = {"contextlib": contextlib}
    with warnings.catch_warnings(action="ignore"), contextlib.redirect_stdout(None):
        exec(program, names)
    return names["TestFlow"].p.default  # type: ignore[attr-defined]


def known(program: str) -> Value:
    flow, _ = parse_flow(Source("flow.py", program))
    assert flow is not None
    (parameter,) = flow.parameters
    return parameter.default


def as_value(found: object) -> object:
    match found:
        case list() | tuple():
            return tuple(as_value(item) for item in found)
        case dict():
            return {key: as_value(item) for key, item in found.items()}
        case _:
            return found


@settings(max_examples=600, deadline=None)
@given(
    beginnings(),
    st.lists(statements(), max_size=3),
    st.lists(statements(), max_size=1),
    st.sampled_from(("    pass", "    A = 5", "    B = [A]", "    Z = A")),
    st.sampled_from(("A", "B", "C.Z", "[A]", "A[0]", "Z", "[A for _ in 'a']")),
)
def test_a_value_is_the_one_that_python_ends_up_with(
    beginning: str, before: list[str], after: list[str], inside: str, expression: str
) -> None:
    flow = FLOW.format(inside=inside, expression=expression)
    program = "\n".join([HEAD, beginning, *before, flow])
    found = known("\n".join([program, *after]))
    if isinstance(found, Unknown):
        return
    try:
        expected = computed(program)
    except Exception:  # noqa: BLE001 - whatever ends the program, no flow comes of it
        return

    assert repr(found) == repr(as_value(expected))
