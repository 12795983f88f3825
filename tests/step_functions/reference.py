"""What others make of definitions: asl-validator, and JSONata's reference implementation, by node.

`make asl` installs both; without them, what needs them is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MODULES = Path(sys.prefix) / "asl" / "node_modules"
_PROGRAM = Path(__file__).with_suffix(".cjs")


def validator_errors(definitions: Mapping[str, object]) -> list[str]:
    """What asl-validator has against definitions, each with its name."""
    answers = _answers({"definition": each} for each in definitions.values())
    return [
        f"{name}: {error}"
        for name, errors in zip(definitions, answers, strict=True)
        for error in errors
    ]


def disagreements(evaluated: Mapping[str, object]) -> list[str]:
    """The expressions whose value the reference implementation finds to be another, or none."""
    answers = _answers({"expression": text} for text in evaluated)
    return [
        f"{text[-300:]}: {value!r}, by the reference {answer}"
        for (text, value), answer in zip(evaluated.items(), answers, strict=True)
        if answer != {"value": value}
    ]


def _answers(asked: Iterable[object]) -> list[Any]:
    if not _MODULES.exists():
        pytest.skip("there is no asl-validator; `make asl` installs it")
    lines = "".join(json.dumps(each) + "\n" for each in asked)
    done = subprocess.run(
        ("node", str(_PROGRAM)),
        env={**os.environ, "NODE_PATH": str(_MODULES)},
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
