"""Of the lint fixtures, flowc refuses whatever Metaflow's command line refuses or stumbles over."""

from __future__ import annotations

from pathlib import Path

import pytest
from metaflow_graph import CHECK, PARAMETERS, Metaflow, read

FIXTURES = Path(__file__).parents[2] / "fixtures" / "lint"
CODES = sorted(path.stem for path in FIXTURES.glob("*.py"))

# What Metaflow refuses and flowc takes, by the beginning of Metaflow's message, with the reason.
TAKEN = {
    "There is a loop in your flow": "flowc has loops of several steps",
    "@conda decorator requires --environment": "flowc warns that it has no environments",
    "The *@kubernetes* decorator requires --datastore": "flowc brings its own store",
    "The *@batch* decorator requires --datastore": "flowc brings its own store",
    "Config expression": "Metaflow has read no configuration here",
    "@pypi decorator requires --environment": "flowc warns that it has no environments",
}


@pytest.mark.parametrize("code", CODES)
def test_what_metaflow_refuses_is_refused(metaflow: Metaflow, code: str) -> None:
    for snippet in (FIXTURES / f"{code}.py").read_text().split("# ---\n"):
        answer = metaflow.read(snippet, CHECK, PARAMETERS)
        flow, codes = read(snippet)
        if answer.outcome == "crash":
            assert codes, (answer.message, snippet)
        elif answer.outcome == "refused" and flow:
            assert answer.message.startswith(tuple(TAKEN)), (answer.message, snippet)
