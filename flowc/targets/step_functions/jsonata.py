"""Expressions of JSONata, the query language of the states.

A text that stands in `{% … %}` is an expression to Step Functions, anything else is a value:
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

INPUT = "$states.input"
RUN = f"{INPUT}.run"
PATH = f"{INPUT}.path"
COUNT = f"{INPUT}.control.count"
NEXT = f"{INPUT}.control.next"
LATCH_PATH = f"{INPUT}.control.path"
EXECUTION_INPUT = "$states.context.Execution.Input"
GIVEN = f"{EXECUTION_INPUT}.parameters"
# What an event gives is found out once.
EVENT_GIVEN = "$given"
ATTEMPT = "$string($states.context.State.RetryCount)"


def expression(text: str) -> str:
    """A field's value that Step Functions evaluates."""
    return f"{{% {text} %}}"


def quoted(text: str) -> str:
    """The literal for a text; JSONata's are those of JSON."""
    return json.dumps(text)


def joined(*terms: str) -> str:
    """Terms as one text."""
    return " & ".join(terms)


def listed(texts: Iterable[str]) -> str:
    """The literal for a list of texts."""
    return f"[{', '.join(map(quoted, texts))}]"


def renamed(value: Any, old: str, new: str) -> Any:
    """A state, or what else holds expressions, with another name in the place of one."""
    if isinstance(value, dict):
        return {key: renamed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [renamed(each, old, new) for each in value]
    return value.replace(old, new) if isinstance(value, str) else value
