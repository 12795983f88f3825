"""Python as a formatter leaves it, and as Python reads it back."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.targets.airflow.python_text import Call, Expression, Name, assignment

RUFF = Path(sys.executable).with_name("ruff")
TEXTS = st.text(alphabet=st.sampled_from("ab '\"\\\n{}%é\x00\x85\ud800"), max_size=40)
LEAVES = TEXTS | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none()


def nested(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(parts, max_size=4)
    return lists | lists.map(tuple) | st.dictionaries(TEXTS, parts, max_size=4)


def calls(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keywords = st.dictionaries(st.sampled_from(["over", "after", "a_longer_word"]), parts)
    names = st.sampled_from(["step", "k8s.V1EnvVar"])
    made = st.builds(Call, names, st.lists(parts, max_size=3).map(tuple), keywords)
    return nested(parts) | made


VALUES = st.recursive(LEAVES, nested, max_leaves=12)
EXPRESSIONS = st.recursive(LEAVES | st.just(Name("timezone.utc")), calls, max_leaves=12)


@given(VALUES)
def test_python_reads_back_what_was_written(value: Expression) -> None:
    read = ast.parse(assignment("x", value)).body[0]

    assert isinstance(read, ast.Assign)
    # What `ast` cannot evaluate is a call of `float`.
    infinite = {"float": float}
    assert eval(compile(ast.Expression(read.value), "", "eval"), infinite) == value


@settings(deadline=None, max_examples=100)
@given(st.lists(EXPRESSIONS, min_size=1, max_size=8))
def test_a_formatter_changes_nothing(values: list[Expression]) -> None:
    lines = [assignment(f"a_{number}", value) for number, value in enumerate(values)]
    inner = [f"    {assignment(f'b_{n}', value, 4)}" for n, value in enumerate(values)]
    text = "\n".join([*lines, "if x:", *inner, ""])

    words = [RUFF, "format", "--isolated", "--stdin-filename", "x.py"]
    formatted = subprocess.run(words, input=text.encode(), stdout=subprocess.PIPE, check=True)

    assert formatted.stdout.decode() == text
