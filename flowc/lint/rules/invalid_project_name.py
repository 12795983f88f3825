"""FC314 `invalid-project-name`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Unknown
from flowc.lint.rule import rule

_VALID = re.compile(r"[a-z0-9_]{1,128}")


@rule("FC314")
def invalid_project_name(flow: Flow) -> Iterator[Finding]:
    """A project without a name, or with one of other letters than `a-z`, digits and underscores.

    ## Why is this bad?
    The name becomes part of the names of deployed flows and of tags; Metaflow refuses any other.

    ## Example
        @project(name="House Prices")

    ## Use instead
        @project(name="house_prices")
    """
    for decorator in flow.decorators:
        name = decorator.arguments.get("name")
        if decorator.core != "project" or decorator.positional or isinstance(name, Unknown):
            continue
        if not isinstance(name, str) or not _VALID.fullmatch(name):
            yield Finding(
                decorator.span,
                "the project has no name" if name is None else f"{name!r} is no project name",
                "give a `name` of lowercase letters, digits and underscores",
            )
