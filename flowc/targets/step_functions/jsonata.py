"""Expressions of JSONata, the query language of the states.

A text that stands in `{% … %}` is an expression to Step Functions, anything else is a value:
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable

INPUT = "$states.input"
RUN = f"{INPUT}.run"
RUN_ID = f"{RUN}.id"
ENVIRONMENT = f"{RUN}.environment"
PATH = f"{INPUT}.path"
FIRST = f"{INPUT}.first"
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


def variable(name: str, value: str) -> str:
    """A list with an environment variable, as containers are given them; `value` is a term."""
    return f"[{{'Name': {quoted(name)}, 'Value': {value}}}]"


def listed(texts: Iterable[str]) -> str:
    """The literal for a list of texts."""
    return f"[{', '.join(map(quoted, texts))}]"
