"""Every fixture flow runs, and ends with the artifacts that it promises."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from promises import promised

from flowc import driver
from flowc.local.parameters import parse_parameters

if TYPE_CHECKING:
    from .conftest import Lab

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
CASES = sorted(file.parent.name for file in FLOWS.glob("*/flow.py"))


@pytest.mark.parametrize("case", CASES)
def test_fixture_flow_keeps_its_promise(case: str, lab: Lab) -> None:
    file = FLOWS / case / "flow.py"
    arguments = file.with_name("arguments.txt")
    words = shlex.split(arguments.read_text()) if arguments.exists() else []
    flow = driver.read_flow(str(file)).flow
    assert flow

    result = lab.run_file(file, parse_parameters(flow, words))

    assert result.succeeded
    promise = promised(file)
    found = lab.artifacts(result, flow.end)
    assert {name: found.get(name) for name in promise} == promise
