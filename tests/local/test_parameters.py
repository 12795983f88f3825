"""A flow's parameters on the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flowc.diagnostics import Span
from flowc.errors import UsageError
from flowc.ir.flow import Flow, Parameter, ParameterKind, Unknown
from flowc.local.parameters import parse_parameters, render_options

if TYPE_CHECKING:
    from pathlib import Path

SPAN = Span("flow.py")

PARAMETERS = (
    Parameter("alpha", "alpha", ParameterKind.FLOAT, SPAN, default=0.5, help="How much"),
    Parameter("beta", "beta", ParameterKind.INT, SPAN, default=1),
    Parameter("flag", "flag", ParameterKind.BOOL, SPAN, default=False),
    Parameter("items", "items", ParameterKind.JSON, SPAN, default=(1, 2)),
    Parameter("my_note", "note", ParameterKind.STR, SPAN),
    Parameter("names", "names", ParameterKind.STR, SPAN, separator=","),
    Parameter("table", "table", ParameterKind.FILE, SPAN),
)


def flow(*parameters: Parameter) -> Flow:
    return Flow("F", "flow.py", SPAN, {}, parameters=parameters)


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ([], {}),
        (["--alpha", "0.2", "--beta", "7"], {"alpha": "0.2", "beta": "7"}),
        (["--alpha=-0.2"], {"alpha": "-0.2"}),
        (["--alpha", "-0.2"], {"alpha": "-0.2"}),
        (["--flag"], {"flag": "true"}),
        (["--flag", "--beta", "2"], {"flag": "true", "beta": "2"}),
        (["--flag", "false"], {"flag": "false"}),
        (["--flag=no"], {"flag": "no"}),
        (["--items", '{"a": [1]}'], {"items": '{"a": [1]}'}),
        (["--my-note", "two words"], {"my_note": "two words"}),
        (["--my_note="], {"my_note": ""}),
        (["--my-note=--x=y"], {"my_note": "--x=y"}),
        (["--names", "a,b"], {"names": "a,b"}),
        (["--beta", "1", "--beta", "2"], {"beta": "2"}),
    ],
)
def test_words_give_texts_to_parameters(words: list[str], given: dict[str, str]) -> None:
    assert parse_parameters(flow(*PARAMETERS), words) == given


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--alpha", "x"], "--alpha takes a number, not `x`"),
        (["--beta", "1.5"], "--beta takes an integer, not `1.5`"),
        (["--flag", "maybe"], "--flag takes `true` or `false`, not `maybe`"),
        (["--items", "[1,"], "--items takes JSON, not `[1,`"),
        (["--table", "no/such.csv"], "--table takes the path of a file, not `no/such.csv`"),
        (["--alpha"], "--alpha takes a number, but nothing follows it"),
        (["--alpha", "--beta", "1"], "--alpha takes a number, but nothing follows it"),
        (["--aplha", "1"], "no such parameter `--aplha`; the flow has `--alpha`"),
        (["x"], "unexpected `x`; parameters are given as `--name value`"),
    ],
)
def test_wrong_words_are_refused_in_one_line(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_parameters(flow(*PARAMETERS), words)

    assert str(refusal.value) == message


def test_without_a_near_miss_all_parameters_are_named() -> None:
    with pytest.raises(UsageError, match=r"the flow has `--alpha`, `--beta`$"):
        parse_parameters(flow(*PARAMETERS[:2]), ["--zzz", "1"])


def test_a_flow_without_parameters_says_so() -> None:
    with pytest.raises(UsageError, match=r"the flow has none$"):
        parse_parameters(flow(), ["--zzz", "1"])


def test_required_parameters_must_be_given() -> None:
    first = Parameter("first", "first", ParameterKind.STR, SPAN, required=True)
    second = Parameter("second", "second", ParameterKind.STR, SPAN, required=True)

    with pytest.raises(UsageError, match=r"^--first and --second are required$"):
        parse_parameters(flow(first, second), [])
    assert parse_parameters(flow(first), ["--first", "x"]) == {"first": "x"}


def test_a_file_must_exist(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b\n")

    assert parse_parameters(flow(*PARAMETERS), ["--table", str(table)]) == {"table": str(table)}


def test_parameters_are_listed_for_help() -> None:
    computed = Parameter("when", "when", ParameterKind.STR, SPAN, default=Unknown(SPAN, "today()"))
    made = replace(computed, name="made", default=Unknown(SPAN, "today"), computed=True)
    secret = Parameter("secret", "s", ParameterKind.STR, SPAN, default="s", show_default=False)
    must = Parameter("who", "who", ParameterKind.STR, SPAN, required=True)

    assert render_options(flow(*PARAMETERS, computed, made, secret, must)).splitlines() == [
        "  --alpha NUMBER     How much [default: 0.5]",
        "  --beta INTEGER     [default: 1]",
        "  --flag true|false  [default: false]",
        "  --items JSON       [default: [1, 2]]",
        "  --my_note TEXT",
        "  --names TEXT       [separated by `,`]",
        "  --table FILE",
        "  --when TEXT        [default: computed when the run starts]",
        "  --made TEXT        [default: computed by today when the run starts]",
        "  --secret TEXT",
        "  --who TEXT         [required]",
    ]
