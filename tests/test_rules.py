"""What holds for every code: its number, name, page and wording."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from test_lint_fixtures import FILES, WITHOUT_FIXTURE, snippets

from flowc.catalogue import all_codes, find_code
from flowc.diagnostics import Code, Diagnostic
from flowc.driver import structure
from flowc.errors import UsageError
from flowc.lint.table import RULES
from flowc.syntax.source import Source

FLOWC = Path(__file__).parents[1] / "flowc"
CODES = all_codes()
HEADINGS = ["## Why is this bad?", "## Example", "## Use instead"]

by_code = pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)


def test_codes_are_unique() -> None:
    assert len({code.code for code in CODES}) == len(CODES)
    assert len({code.name for code in CODES}) == len(CODES)


def test_rules_stand_in_order_of_their_codes() -> None:
    assert [rule.code for rule in RULES] == sorted(rule.code for rule in RULES)


def test_each_code_is_written_once() -> None:
    text = "".join(path.read_text() for path in FLOWC.rglob("*.py"))
    given = Counter(re.findall(r'@(?:rule|problem)\(\s*"(FC\d{3})"', text))

    assert given == dict.fromkeys((code.code for code in CODES), 1)


def test_each_rule_has_a_file_of_its_name() -> None:
    rules = FLOWC / "lint" / "rules"
    named = {path.stem: path.read_text() for path in rules.glob("[a-z]*.py")}

    assert {rule.name.replace("-", "_") for rule in RULES} == set(named)
    for rule in RULES:
        text = named[rule.name.replace("-", "_")]
        assert text.startswith(f'"""{rule.code} `{rule.name}`."""\n')


@by_code
def test_names_are_in_kebab_case(code: Code) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.name)
    assert re.fullmatch(r"FC\d{3}", code.code)


@by_code
def test_pages_begin_with_a_sentence_and_have_their_headings_in_order(code: Code) -> None:
    sentence, _, rest = code.page.partition("\n")
    headings = re.findall(r"^## .*$", rest, re.MULTILINE)

    assert sentence.endswith(".")
    assert headings in (HEADINGS, [HEADINGS[0], HEADINGS[2]])


@by_code
def test_pages_have_text_below_each_heading(code: Code) -> None:
    sections = re.split(r"^## .*$", code.page, flags=re.MULTILINE)

    assert all(section.strip() for section in sections)
    assert all(len(line) <= 100 for line in code.page.splitlines())


@by_code
def test_codes_are_found_by_number_and_name(code: Code) -> None:
    assert find_code(code.code.lower()) is code
    assert find_code(code.name) is code


def test_an_unknown_code_is_told_with_a_near_one() -> None:
    with pytest.raises(UsageError, match="FC201"):
        find_code("FC2011")


def said() -> list[Diagnostic]:
    """Whatever the fixtures make flowc say."""
    sources = [Source("flow.py", snippet) for code in FILES for snippet in snippets(code)]
    return [diagnostic for source in sources for diagnostic in structure(source)[1]]


def test_findings_are_worded_alike() -> None:
    for diagnostic in said():
        finding = diagnostic.finding
        for sentence in (finding.message, finding.hint, *(note.message for note in finding.notes)):
            assert re.match(r"[a-z`'\d]", sentence), (diagnostic.code, sentence)
            assert not sentence.endswith("."), (diagnostic.code, sentence)
            assert "\n" not in sentence, (diagnostic.code, sentence)


def test_the_fixtures_draw_every_code() -> None:
    drawn = {diagnostic.code for diagnostic in said()}

    assert drawn | WITHOUT_FIXTURE == {code.code for code in CODES if code.code < "FC600"}


def test_findings_carry_the_severity_of_their_code() -> None:
    severities = {code.code: code.severity for code in CODES}

    assert all(severities[each.code] is each.severity for each in said())
