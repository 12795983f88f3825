"""Parameters and the literals in them."""

from __future__ import annotations

import math

import pytest

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Content, Parameter, ParameterKind, Unknown, Value
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source


def read(declaration: str) -> tuple[tuple[Parameter, ...], list[Diagnostic]]:
    text = f"from metaflow import *\n\nclass TestFlow(FlowSpec):\n    {declaration}\n"
    flow, diagnostics = parse_flow(Source("flow.py", text))
    assert flow is not None
    return flow.parameters, diagnostics


def default(expression: str) -> Value:
    (parameter,), diagnostics = read(f"p = Parameter('p', type=str, default={expression})")
    assert diagnostics == []
    return parameter.default


LITERALS: dict[str, Value] = {
    "None": None,
    "True": True,
    "12": 12,
    "1_000": 1000,
    "0x_ff": 255,
    "0b11": 3,
    "0o17": 15,
    "-3": -3,
    "+3": 3,
    "(-3)": -3,
    "1.5": 1.5,
    "-1_0.5e-1": -1.05,
    "1e999": math.inf,
    "'a'": "a",
    '"""a\nb"""': "a\nb",
    "r'\\d'": "\\d",
    "'\\d'": "\\d",
    "'\\x41'": "A",
    "u'a'": "a",
    "'a' 'b' \"c\"": "abc",
    "('a'\n'b')": "ab",
    "[]": (),
    "[1, (2, {'a': [3]}), {4}]": (1, (2, {"a": (3,)}), (4,)),
    "{'a': {'b': None}, 'c': -1}": {"a": {"b": None}, "c": -1},
}


@pytest.mark.parametrize("expression", LITERALS)
def test_literals_have_their_value(expression: str) -> None:
    value = default(expression)

    assert value == LITERALS[expression]
    assert type(value) is type(LITERALS[expression])


UNKNOWN = [
    "'a' f'{b}'",
    "b'a'",
    "NAME",
    "make()",
    "1j",
    "2 ** 10 ** 10",
    "[*xs]",
    "{**xs}",
    "{1: 2}",
    "[x for x in xs]",
    "lambda: 1",
    "...",
    "'\\N{nope}'",
    "'\\x1'",
    "b'ä'",
]


@pytest.mark.parametrize("expression", UNKNOWN)
def test_what_only_running_tells_is_unknown(expression: str) -> None:
    value = default(expression)

    assert isinstance(value, Unknown)
    assert value.text == expression


@pytest.mark.parametrize(
    "digits", ["9" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000, "9" * 5000 + "j"]
)
def test_integers_too_long_for_python_are_unknown(digits: str) -> None:
    assert isinstance(default(digits), Unknown)


KINDS = {
    "Parameter('p')": ParameterKind.STR,
    "Parameter('p', default='a')": ParameterKind.STR,
    "Parameter('p', default=1)": ParameterKind.INT,
    "Parameter('p', default=1.0)": ParameterKind.FLOAT,
    "Parameter('p', default=True)": ParameterKind.BOOL,
    "Parameter('p', default=[1])": ParameterKind.JSON,
    "Parameter('p', default={})": ParameterKind.JSON,
    "Parameter('p', default=make)": ParameterKind.STR,
    "Parameter('p', type=None, default=1)": ParameterKind.INT,
    "Parameter('p', type=str, default='1')": ParameterKind.STR,
    "Parameter('p', type=int)": ParameterKind.INT,
    "Parameter('p', type=float, default=1)": ParameterKind.FLOAT,
    "Parameter('p', type=bool)": ParameterKind.BOOL,
    "Parameter('p', type=JSONType)": ParameterKind.JSON,
    "Parameter('p', type=dict)": ParameterKind.JSON,
    "Parameter('p', 1)": ParameterKind.INT,
    "Parameter('p', None, float)": ParameterKind.FLOAT,
    "IncludeFile('p')": ParameterKind.FILE,
    "IncludeFile('p', default='a.txt')": ParameterKind.FILE,
}


@pytest.mark.parametrize("call", KINDS)
def test_kinds_come_from_the_type_or_else_the_default(call: str) -> None:
    (parameter,), diagnostics = read(f"p = {call}")

    assert parameter.kind is KINDS[call]
    assert diagnostics == []


def test_all_that_a_parameter_says_is_read() -> None:
    (parameter,), _ = read("a = Parameter('the-a', 'x', str, 'Help.', True, separator=',')")

    assert (parameter.name, parameter.attribute) == ("the-a", "a")
    assert (parameter.default, parameter.required) == ("x", False)
    assert (parameter.help, parameter.separator) == ("Help.", ",")


FUNCTIONS = {
    "lambda context: 1": True,
    "make": True,
    "Made": True,
    "dict": True,
    "make()": False,
    "imported": False,
    "decorated": False,
    "1": False,
    "None": False,
}


@pytest.mark.parametrize("expression", FUNCTIONS)
def test_a_default_that_is_a_function_is_told_from_what_is_unknown(expression: str) -> None:
    text = (
        "from metaflow import *\nfrom elsewhere import imported\n"
        "def make(context=None):\n    return open(context)\n"
        "@imported\ndef decorated():\n    pass\n"
        "class Made:\n    pass\n"
        f"class TestFlow(FlowSpec):\n    p = Parameter('p', default={expression})\n"
    )
    flow, diagnostics = parse_flow(Source("flow.py", text))

    assert flow is not None
    assert diagnostics == []
    assert flow.parameters[0].computed is FUNCTIONS[expression]


def test_a_required_parameter_with_a_default_need_not_be_given() -> None:
    (with_one,), _ = read("a = Parameter('a', required=True, default=0)")
    (without,), _ = read("a = Parameter('a', required=True, default=None)")

    assert (with_one.required, without.required) == (False, True)


CONTENTS = {
    "": Content(),
    ", is_text=False": Content(is_text=False),
    ", False, False, 'latin-1', None, json.loads": Content(
        is_text=False, encoding="latin-1", parser="json.loads"
    ),
    ", parser='json.loads', encoding=None, is_text=None": Content(parser="json.loads"),
    ", parser=lambda text: text.split()": Content(parser="lambda text: text.split()"),
}


@pytest.mark.parametrize("arguments", CONTENTS)
def test_how_a_file_is_read_is_kept(arguments: str) -> None:
    (parameter,), diagnostics = read(f"a = IncludeFile('a'{arguments})")

    assert parameter.content == CONTENTS[arguments]
    assert diagnostics == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'a', required='yes'", "`required` is `'yes'`, but must be `True` or `False`"),
        ("'a', help=len", "`help` is `len`, but must be a text"),
        ("'a', multiple=True", "`Parameter` takes no `multiple`"),
        ("'a', name='b'", "`name` is given twice"),
        ("'a', 1, int, '', False, True, 7, 8", "takes no more than 6 arguments by position"),
        ("'a', **{'help': 5}", "`help` is `5`, but must be a text"),
    ],
)
def test_an_odd_argument_is_told_in_words(arguments: str, message: str) -> None:
    _, [told] = read(f"a = Parameter({arguments})")

    assert told.code == "FC315"
    assert message in told.message


def test_the_first_argument_of_a_file_after_its_name_is_required() -> None:
    (parameter,), _ = read("a = IncludeFile('a', True)")

    assert parameter.required
    assert parameter.default is None


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ("a = Parameter(NAME)", "FC310"),
        ("a = Parameter(5)", "FC310"),
        ("a = Parameter('a', type=complex)", "FC311"),
        ("a = Parameter(*ARGUMENTS)", "FC007"),
        ("a, b = Parameter('a'), Parameter('b')", "FC007"),
        ("a = b = Parameter('a')", "FC007"),
        ("a = [Parameter('a')]", "FC007"),
        ("Parameter('a')", "FC007"),
        ("a = b = Config('a')", "FC007"),
    ],
)
def test_what_cannot_be_read_is_told(declaration: str, code: str) -> None:
    _, diagnostics = read(declaration)

    assert {each.code for each in diagnostics} == {code}
