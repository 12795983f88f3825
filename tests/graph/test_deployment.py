"""What the decorators above a flow ask for is in the document, as its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from passes.flows import decorated

from flowc.graph.document import render_json

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "flowc" / "graph" / "schema.json").read_text("utf-8")
)


def document(decorators: str) -> dict[str, Any]:
    flow, found = decorated(decorators)
    assert found == []
    shown: dict[str, Any] = json.loads(render_json(flow))
    Draft202012Validator(SCHEMA).validate(shown)
    return shown


def test_packages_are_shown() -> None:
    shown = document(
        "@conda_base(libraries={'a': 1}, python=3.11)\n@pypi_base(python=make(), disabled=True)"
    )

    assert shown["packages"] == [
        {
            "line": 4,
            "installer": "conda",
            "packages": {"a": "1"},
            "python": "3.11",
            "disabled": False,
        },
        {
            "line": 5,
            "installer": "pypi",
            "packages": {},
            "python": {"unknown": "make()"},
            "disabled": True,
        },
    ]


def test_a_cron_is_shown_in_the_dialects_that_can_say_it() -> None:
    shown = document("@schedule(cron='0 10 L * ? *')")

    assert shown["schedule"] == {
        "line": 4,
        "unix": None,
        "aws": "0 10 L * ? *",
        "timezone": "UTC",
    }


def test_a_flow_without_decorators_asks_for_nothing() -> None:
    shown = document("")

    assert shown["schedule"] is shown["project"] is None
    assert shown["triggers"] == shown["exit_hooks"] == shown["sensors"] == shown["packages"] == []
