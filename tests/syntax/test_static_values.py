"""A value that flowc finds is the one that Python computes, or it is none at all."""

from __future__ import annotations

import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.ir.flow import Unknown, Value
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

CONSTANTS = """
N = 3
RATE = 0.5
NAME = "ab c"
FLAG = True
NOTHING = None
SIZES = [1, 2, 3]
PAIR = (4, "x")
TABLE = {"a": 1, "b": [2, 3]}
LETTERS = {"x", "y", "z"}
LEFT, (RIGHT, FAR) = 1, [2, "far"]
ALSO = AGAIN = 7
NOTED: int = 8
"""

FLOW = """
from metaflow import FlowSpec, Parameter, step
{before}

class TestFlow(FlowSpec):
{inside}
    p = Parameter("p", default={expression})

    @step
    def start(self):
        pass
{after}
"""


def value(expression: str, before: str = "", after: str = "", inside: str = "") -> Value:
    """What flowc makes of an expression in a flow's body."""
    text = FLOW.format(before=before, expression=expression, after=after, inside=inside)
    flow, _ = parse_flow(Source("flow.py", text))
    assert flow is not None
    (parameter,) = flow.parameters
    return parameter.default


def computed(expression: str) -> object:
    """What Python makes of it."""
    names: dict[str, object] = {}
    exec(CONSTANTS, names)
    with warnings.catch_warnings(action="ignore"):
        return eval(expression, names)


def as_value(found: object) -> object:
    match found:
        case list() | tuple():
            return tuple(as_value(item) for item in found)
        case set() | frozenset():
            alike = len({isinstance(item, str) for item in found}) < 2
            return tuple(sorted(found) if alike else found)
        case dict():
            return {key: as_value(item) for key, item in found.items()}
        case _:
            return found


KNOWN = [
    *("N", "-N + 1", "N * 1000 // 7", "2 ** N", "N % 2", "1 << 4", "~N", "not FLAG", "+RATE"),
    *("N > 2", "1 < N < 3", "N in SIZES", "'a' not in TABLE", "NOTHING is None", "N is not None"),
    *("N and RATE", "NOTHING or NAME", "1 if FLAG else 2", "'big' if N > 5 else 'small'"),
    *("f'{N}-{NAME!r}-{RATE:.2f}'", "'%s/%d' % (NAME, N)", "'{}:{n:>4}'.format(NAME, n=N)"),
    *("SIZES[0]", "SIZES[-1]", "SIZES[1:]", "NAME[::-1]", "TABLE['b'][1]", "PAIR[1]"),
    *("[n * 2 for n in SIZES]", "{k: len(k) for k in TABLE}", "[a + b for a in 'xy' for b in 'z']"),
    *("[n for n in SIZES if n % 2]", "{**TABLE, 'c': 3}", "[*SIZES, *PAIR]", "(1, *SIZES)"),
    *("len(NAME)", "min(SIZES)", "max(1, N)", "sum(SIZES)", "sum(n for n in SIZES)"),
    *("list(range(3))", "sorted(LETTERS)", "sorted(SIZES, reverse=True)", "str(N)", "int('5')"),
    *("float('1.5')", "bool(SIZES)", "dict(a=1, b=N)", "dict(zip('ab', SIZES))", "tuple('ab')"),
    *("round(2.567, 1)", "abs(-N)", "NAME.split()", "', '.join(['a', 'b'])", "NAME.upper()"),
    *("NAME.replace('a', 'b')", "TABLE.get('z', 9)", "list(TABLE.items())", "'x'.zfill(4)"),
    *(
        "LEFT + RIGHT",
        "FAR",
        "ALSO + AGAIN",
        "NOTED",
        "len(LETTERS)",
        "[i for i, _ in enumerate('ab')]",
    ),
    *("all([1, 0])", "any(SIZES)", "'a' 'b' f'{N}'", "list(reversed(SIZES))", "LETTERS | {'a'}"),
    *("(\n 1 +\n 2\n)", "{'a': {'b': [N]}}"),
]


@pytest.mark.parametrize("expression", KNOWN)
def test_what_the_source_tells_is_known(expression: str) -> None:
    assert value(expression, CONSTANTS) == as_value(computed(expression))


UNCERTAIN = [
    *("list(LETTERS)", "[x for x in LETTERS]", "str(LETTERS)", "f'{LETTERS}'", "'%s' % LETTERS"),
    *("' '.join(LETTERS)", "'{}'.format([LETTERS])", "sorted({1.0, float('nan')})"),
    *("'{0.__init__}'.format(N)", "str(len)", "f'{len}'", "f'{RATE:n}'", "sum([0.1, 0.2])"),
    *("open('x').read()", "__file__", "__name__", "os.environ['A']", "UNBOUND", "lambda: 1"),
    *("1 / 0", "SIZES[9]", "TABLE['z']", "'a' + 1", "int('x')", "round('a')", "PAIR is PAIR"),
    *("(n := 3)", "SIZES.append(1)", "hash('a')", "id(N)", "zip(SIZES)", "N.real", "NAME.nope()"),
    *("object()", "max(SIZES, key=len)", "dict(a=1, **{'a': 2})", "print(N)", "input()"),
]


@pytest.mark.parametrize("expression", UNCERTAIN)
def test_what_may_differ_is_unknown(expression: str) -> None:
    assert isinstance(value(expression, CONSTANTS), Unknown)


BOMBS = [
    *("10 ** 10 ** 10", "'a' * 10 ** 9", "[0] * 10 ** 9", "1 << 10 ** 9", "list(range(10 ** 12))"),
    *("sum(i for i in range(10 ** 9))", "[[0] * 10 ** 4] * 10 ** 4", "'x'.ljust(10 ** 9)"),
    *(
        "'x' * 10 ** 4 * 10 ** 4",
        "f'{1:>1000000000}'",
        "'%1000000000d' % 1",
        "'%*d' % (10 ** 9, 1)",
    ),
    *("'{:>1000000000}'.format(1)", "'{:>{}}'.format(1, 10 ** 9)", "round(10, -10 ** 9)"),
    *("[a for a in range(10 ** 4) for b in range(10 ** 4)]", "'a'.replace('', 'b' * 10 ** 5 * 9)"),
    *("('a' * 10 ** 5).join(str(i) for i in range(1000))", "1.5 in range(10 ** 15)"),
    *("9 ** 9 ** 9 % 7", "-(10 ** 4000) * 10 ** 4000 * 10 ** 4000", "f'{1:>{10 ** 9}}'"),
]


@pytest.mark.parametrize("expression", BOMBS)
def test_what_would_not_end_or_fit_is_unknown(expression: str) -> None:
    before = time.process_time()

    assert isinstance(value(expression), Unknown)
    assert time.process_time() - before < 5


def test_values_that_double_with_each_name_are_unknown() -> None:
    doubling = "A0 = [1]\n" + "".join(f"A{n + 1} = [A{n}, A{n}]\n" for n in range(60))

    assert isinstance(value("A60", doubling), Unknown)
    assert isinstance(value("str(A60)", doubling), Unknown)
    assert isinstance(value("A60 == A59", doubling), Unknown)


def test_long_chains_of_names_are_unknown_or_right() -> None:
    chain = "A0 = 0\n" + "".join(f"A{n + 1} = A{n} + 1\n" for n in range(3000))

    assert value("A5", chain) == 5
    assert isinstance(value("A3000", chain), Unknown)


NAMES = ("N", "RATE", "NAME", "FLAG", "NOTHING", "SIZES", "PAIR", "TABLE", "LETTERS")
LITERALS = ("0", "1", "-1", "2.5", "'a'", "'%s'", "'{}'", "[]", "()", "{}", "True", "10**20")
ATOMS = st.sampled_from(NAMES + LITERALS)
BINARY = st.sampled_from(
    (
        *("+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<="),
        *("in", "not in", "is", "and", "or"),
    )
)
CALLS = st.sampled_from(
    (
        *("len", "min", "max", "sum", "range", "sorted", "str", "int", "float", "bool", "list"),
        *("dict", "tuple", "set", "round", "abs", "any", "all", "enumerate", "zip", "reversed"),
    )
)
METHODS = st.sampled_from(
    (
        *("upper", "split", "join", "strip", "format", "get", "keys", "items", "values", "count"),
        *("index", "copy", "title", "zfill", "replace", "startswith", "append", "pop", "union"),
    )
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, BINARY, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}({})".format, CALLS, inner),
        st.builds("{}({}, {})".format, CALLS, inner, inner),
        st.builds("({}).{}()".format, inner, METHODS),
        st.builds("({}).{}({})".format, inner, METHODS, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[{}:{}]".format, inner, inner, inner),
        st.builds("[{} for v in {}]".format, inner | st.just("v"), inner),
        st.builds("{{{}: {} for v, w in {}}}".format, inner | st.just("v"), inner, inner),
        st.builds("sorted(v for v in {} if {})".format, inner, inner),
        st.builds("[{}, *{}]".format, inner, inner),
        st.builds("{{{}, {}}}".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds(
            "f'{{{}}}-{{{}!r:>5}}'".format,
            st.sampled_from(NAMES),
            st.sampled_from(NAMES),
        ),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
    )


@settings(max_examples=1500, deadline=None)
@given(st.recursive(ATOMS, compound, max_leaves=6))
def test_any_expression_has_the_value_that_python_computes_or_none(expression: str) -> None:
    found = value(expression, CONSTANTS)

    if not isinstance(found, Unknown):
        expected = as_value(computed(expression))
        assert repr(found) == repr(expected)
