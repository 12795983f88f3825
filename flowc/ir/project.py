"""What a deployment is called, so that the branches of a project stay apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from flowc.diagnostics import Span
from flowc.errors import UsageError

# What names of projects and branches are made of: other systems rely on it.
VALID_NAME = re.compile(r"[a-z0-9_]{1,128}")


@dataclass(frozen=True, slots=True)
class Project:
    """`@project`; `branch` and `production` are None where it leaves them to the command line.

    `user` is who a branch without a name belongs to, or empty before that is known.
    """

    name: str
    span: Span
    branch: str | None = None
    production: bool | None = None
    user: str = ""

    @property
    def is_user_branch(self) -> bool:
        """Whether each user has a deployment of their own."""
        return self.branch is None and not self.production


def chosen(
    project: Project, branch: str | None = None, *, production: bool = False, user: str = ""
) -> Project:
    """The project as `--branch` and `--production` complete it; `UsageError` if they differ."""
    if branch and not VALID_NAME.fullmatch(branch):
        raise UsageError(f"--branch {branch}: use lowercase letters, digits and underscores")
    if branch is not None and project.branch not in {None, branch}:
        raise UsageError(f"--branch {branch}: `@project` says `{project.branch}`; leave one out")
    if production and project.production is False:
        raise UsageError("--production: `@project` says `production=False`; leave one out")
    return replace(
        project,
        branch=branch if project.branch is None else project.branch,
        production=production or bool(project.production),
        user=user,
    )


def branch_name(project: Project, user: str) -> str:
    """`prod`, `prod.<branch>`, `test.<branch>`, or `user.<name>` where there is no branch."""
    if project.branch:
        return f"{'prod' if project.production else 'test'}.{project.branch}"
    return "prod" if project.production else f"user.{user}"


def project_flow_name(project: Project, flow: str, user: str) -> str:
    """What tells a flow's deployment from those of other projects, branches and users."""
    return f"{project.name}.{branch_name(project, user)}.{flow}"
