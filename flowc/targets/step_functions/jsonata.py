"""Expressions of JSONata, the query language of the states.

A text that stands in `{% … %}` is an expression to Step Functions, anything else is a value:
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable

INPUT = "$states.input"
RUN = f"{INPUT}.run"
PATH = f"{INPUT}.path"
COUNT = f"{INPUT}.control.count"
NEXT = f"{INPUT}.control.next"
LATCH_PATH = f"{INPUT}.control.path"
GIVEN = "$states.context.Execution.Input.parameters"
GIVEN_TEXT = f"$exists({GIVEN}) ? $string({GIVEN}) : '{{}}'"
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
