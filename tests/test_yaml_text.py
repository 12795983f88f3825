"""YAML as all readers read it, whatever else is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from argo.compiled import compiled
from argo.flows import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from flowc import yaml_text
from flowc.yaml_text import render

TEXTS = (
    *("y", "N", "yes", "no", "on", "off", "true", "null", "~", "", "=", "<<"),
    *("1", "0123", "0o17", "0x1F", "0b1", "1e3", "1E+3", ".5", "1.", "+1", "1_000", "1:30"),
    *(".inf", ".nan", "2024-01-31", "2024-01-31T10:00:00Z", "12345678e9012345"),
)
ORDINARY = ("a", "yesterday", "file:///flowc/store", "python:3.12-slim", "4096M", "500m", "3-way")

IMPORT_HERA_BETWEEN = """
import warnings
from flowc.yaml_text import render
documents = [{"text": "two\\nlines\\n", "answer": "y", "trailing": "space \\nline"}]
before = render(documents)
warnings.simplefilter("ignore")
import hera.workflows
assert render(documents) == before, render(documents)
"""
IMPORT_HERA_FIRST = """
import sys, warnings
warnings.simplefilter("ignore")
import hera.workflows
from flowc.yaml_text import render
sys.stdout.write(render([{"text": "two\\nlines\\n", "answer": "y"}]))
"""


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_some_read_otherwise_is_quoted(text: str) -> None:
    assert render([{"key": text}]) == f"---\nkey: '{text}'\n"


@pytest.mark.parametrize("text", ORDINARY)
def test_other_text_is_not_quoted(text: str) -> None:
    assert render([{"key": text}]) == f"---\nkey: {text}\n"


def test_lines_are_kept_as_a_block() -> None:
    assert render([{"key": "one\ntwo\n"}]) == "---\nkey: |\n  one\n  two\n"


def test_keys_keep_their_order_and_equal_values_stand_twice() -> None:
    shared = {"b": 1, "a": 2}

    assert render([{"y": shared, "x": shared}]) == "---\n'y':\n  b: 1\n  a: 2\nx:\n  b: 1\n  a: 2\n"


def test_long_lines_are_not_broken() -> None:
    assert render([{"key": "word " * 100 + "end"}]).count("\n") == 2


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_what_is_read_back_is_what_was_written(document: dict[str, object]) -> None:
    assert list(yaml.safe_load_all(render([document, document]))) == [document, document]


def test_manifests_are_the_same_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = [compiled(flow) for flow in FIXTURES.values()]

    class Pure(yaml.SafeDumper):
        ignore_aliases = yaml_text._Dumper.ignore_aliases

    Pure.add_representer(str, yaml_text._text)  # type: ignore[arg-type]
    monkeypatch.setattr(yaml_text, "_Dumper", Pure)

    assert [render(manifest.documents) for manifest in manifests] == [
        manifest.text for manifest in manifests
    ]


def test_importing_hera_changes_nothing() -> None:
    subprocess.run([sys.executable, "-c", IMPORT_HERA_BETWEEN], check=True)
    after = subprocess.run(
        [sys.executable, "-c", IMPORT_HERA_FIRST], check=True, capture_output=True, text=True
    )

    assert after.stdout == render([{"text": "two\nlines\n", "answer": "y"}])


def test_a_text_is_parsed_to_plain_values() -> None:
    assert yaml_text.parse("a: [1, {b: 'x'}]") == {"a": [1, {"b": "x"}]}


@pytest.mark.parametrize(("text", "place"), [("a: ]", (1, 4)), ("a: 1\n  b: 2", (2, 4))])
def test_what_is_no_yaml_is_told_with_its_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(yaml_text.NotYamlError) as raised:
        yaml_text.parse(text)

    assert (raised.value.line, raised.value.column) == place


def test_parsing_makes_no_objects() -> None:
    with pytest.raises(yaml_text.NotYamlError):
        yaml_text.parse("!!python/object/apply:os.getcwd []")
