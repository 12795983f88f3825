"""What can be wrong with a flow's project."""

from __future__ import annotations

from flowc.diagnostics import Finding, problem
from flowc.ir.flow import Decorator


@problem("FC314")
def invalid_project_name(decorator: Decorator, name: str) -> Finding:
    """A project without a name, or with one of other letters than `a-z`, digits and underscores.

    ## Why is this bad?
    The name becomes part of the names of deployed flows and of tags; Metaflow refuses any
    other, and one of more than 128 letters.

    ## Example
        @project(name="House Prices")

    ## Use instead
        @project(name="house_prices")
    """
    return Finding(
        decorator.span,
        f"{name} is no project name" if name else "the project has no name",
        "give a `name` of at most 128 lowercase letters, digits and underscores",
    )


@problem("FC331")
def invalid_branch_name(decorator: Decorator, branch: str) -> Finding:
    """A branch of a project with other letters than `a-z`, digits and underscores.

    ## Why is this bad?
    The branch becomes part of the names of deployed flows and of tags; Metaflow refuses any
    other, and one of more than 128 letters.

    ## Example
        @project(name="house_prices", branch="Release 2")

    ## Use instead
        @project(name="house_prices", branch="release_2")
    """
    return Finding(
        decorator.span,
        f"{branch} is no name of a branch",
        "use at most 128 lowercase letters, digits and underscores",
    )
