"""The branch of a project that a command line names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.ir.flow import Flow


def on_branch(flow: Flow, branch: str | None, *, production: bool) -> Flow:
    """The flow with its project completed, if it is of one; refuses a branch of none."""
    if flow.project is None:
        if branch is not None or production:
            option = "--production" if branch is None else f"--branch {branch}"
            raise UsageError(f"{option}: flow `{flow.name}` has no `@project`")
        return flow
    from flowc.ir.project import chosen
    from flowc.runtime.username import owner

    project = chosen(flow.project, branch, production=production, user=owner())
    return replace(flow, project=project)
