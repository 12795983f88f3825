"""`--with`: decorators from the command line, as Metaflow reads and attaches them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.decospec import parse_decospec
from flowc.driver import read_flow
from flowc.errors import UsageError

FLOWS = Path(__file__).parents[1] / "fixtures" / "flows"


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("retry", "retry", {}),
        ("retry:times=2", "retry", {"times": 2}),
        ("kubernetes:cpu=0.5,memory=8000", "kubernetes", {"cpu": 0.5, "memory": 8000}),
        ("kubernetes:image=team/image:3", "kubernetes", {"image": "team/image:3"}),
        ('environment:vars={"A": "1", "B": "2"}', "environment", {"vars": {"A": "1", "B": "2"}}),
        ('kubernetes:labels={\\"a\\": [1, null]}', "kubernetes", {"labels": {"a": (1, None)}}),
        ("catch:print_exception=false", "catch", {"print_exception": False}),
    ],
)
def test_a_decospec_is_read_as_metaflow_reads_it(
    text: str, name: str, arguments: dict[str, object]
) -> None:
    decorator = parse_decospec(text)

    assert (decorator.name, decorator.arguments) == (name, arguments)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rety", "write `--with retry`"),
        ("", "use batch, card"),
        ("retry:3", "`3` is no `argument=value`"),
        ("retry:a b=3", "`a b` is no `argument=value`"),
    ],
)
def test_a_wrong_decospec_is_told(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_decospec(text)


def test_steps_keep_what_they_say_themselves() -> None:
    given = [parse_decospec("retry:times=1"), parse_decospec("resources:memory=300")]

    flow = read_flow(str(FLOWS / "retry" / "flow.py"), given).flow

    assert flow
    assert {name: step.policy.retries for name, step in flow.steps.items()} == {
        "start": 1,
        "fetch": 2,
        "end": 1,
    }
    assert {step.compute.memory_mb for step in flow.steps.values()} == {300}


def test_a_wrong_argument_is_a_finding_at_the_flow() -> None:
    reading = read_flow(str(FLOWS / "linear" / "flow.py"), [parse_decospec("retry:times=-1")])

    assert reading.flow is None
    assert {found.code for found in reading.diagnostics} == {"FC301"}
