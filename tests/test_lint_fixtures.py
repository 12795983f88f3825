"""Each file of `fixtures/lint` says at the end of a line which codes stand on that line."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from flowc.catalogue import all_codes
from flowc.driver import structure
from flowc.syntax.source import Source

FIXTURES = Path(__file__).parents[1] / "fixtures" / "lint"
EXPECTATION = re.compile(r"\b(error|warning): (FC\d{3})\b")

# What the path of a file, another file or the choice of a flow brings about, and what another
# finding comes before in any source, is tested elsewhere: in test_bad_input.py, syntax/ and
# passes/test_nest_regions.py. What other files of a package bring about is in package/.
WITHOUT_FIXTURE = {"FC001", "FC005", "FC009", "FC013", "FC326"} | {
    *("FC050", "FC051", "FC052", "FC053", "FC054")
}
CODES = sorted(
    entry.code
    for entry in all_codes()
    if entry.code < "FC600" and entry.code not in WITHOUT_FIXTURE
)
FILES = sorted(path.stem for path in FIXTURES.glob("*.py"))


def snippets(code: str) -> list[str]:
    return (FIXTURES / f"{code}.py").read_text().split("# ---\n")


def expected(snippet: str) -> Counter[tuple[int, str, str]]:
    return Counter(
        (number, severity, code)
        for number, line in enumerate(snippet.split("\n"), 1)
        for severity, code in EXPECTATION.findall(line.rpartition("  # ")[2])
    )


def found(snippet: str) -> Counter[tuple[int, str, str]]:
    _, diagnostics = structure(Source("flow.py", snippet))
    return Counter((each.span.line, each.severity.value, each.code) for each in diagnostics)


CASES = [(code, number) for code in FILES for number in range(len(snippets(code)))]


@pytest.mark.parametrize(("code", "number"), CASES, ids=[f"{c}-{n}" for c, n in CASES])
def test_findings_stand_where_the_fixture_says(code: str, number: int) -> None:
    snippet = snippets(code)[number]

    assert found(snippet) == expected(snippet)


def test_every_code_has_a_fixture() -> None:
    assert FILES == CODES


@pytest.mark.parametrize("code", FILES)
def test_fixtures_have_a_case_for_and_one_against(code: str) -> None:
    said = [{each for _, _, each in expected(snippet)} for snippet in snippets(code)]

    assert any(code in codes for codes in said)
    assert any(code not in codes for codes in said)
