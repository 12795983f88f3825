"""FC356 `unsupported-python`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Decorator, Flow
from flowc.lint.rule import rule

_OLDEST = (3, 9)
_VERSION = re.compile(r"(\d+)\.(\d+)(\.\d+)*")


@rule("FC356")
def unsupported_python(flow: Flow) -> Iterator[Finding]:
    """An environment with a Python that flowc's runtime does not run on.

    ## Why is this bad?
    A step with `@pypi` runs under the Python of its environment, and flowc's runtime with it, which
    needs Python 3.9 or later: the task fails before the step starts.

    ## Example
        @pypi(python="3.8", packages={"pandas": "2.0.3"})
        @step
        def train(self):

    ## Use instead
        @pypi(python="3.9", packages={"pandas": "2.0.3"})
        @step
        def train(self):
    """
    decorators = (*flow.decorators, *(each for s in flow.steps.values() for each in s.decorators))
    for decorator in decorators:
        if decorator.core in {"pypi", "pypi_base"} and _is_too_old(decorator):
            yield Finding(
                decorator.at("python").span,
                f"`@{decorator.name}` asks for Python `{decorator.arguments['python']}`, and "
                "flowc's runtime does not run on it",
                "ask for Python 3.9 or later",
            )


def _is_too_old(decorator: Decorator) -> bool:
    python = decorator.arguments.get("python")
    if decorator.arguments.get("disabled") or not isinstance(python, str | float):
        return False
    found = _VERSION.fullmatch(str(python))
    return found is not None and (int(found[1]), int(found[2])) < _OLDEST
