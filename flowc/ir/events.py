"""What starts a flow: events, and runs of other flows that have succeeded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from flowc.diagnostics import Span

if TYPE_CHECKING:
    from flowc.ir.cron import Schedule

# What Metaflow puts before the names of events that belong to a project and branch.
NAMESPACE = "mfns"
# What it leaves out of them: names of users, in branches, may hold anything.
_ODD_LETTERS = re.compile(r"[^a-zA-Z0-9_.-]")


@dataclass(frozen=True, slots=True)
class Event:
    """An event; `parameters` names for parameters of the flow the fields that fill them.

    A namespaced one is another event in each project and branch.
    """

    name: str
    parameters: Mapping[str, str]
    namespaced: bool = False


@dataclass(frozen=True, slots=True)
class FlowEnd:
    """A run of another flow has succeeded; an empty project or branch is that of this flow."""

    flow: str
    project: str = ""
    branch: str = ""


Cause: TypeAlias = Event | FlowEnd


@dataclass(frozen=True, slots=True)
class Trigger:
    """`@trigger` or `@trigger_on_finish`: a run starts when all causes have happened.

    At the times of `reset`, those that have happened so far are forgotten.
    """

    causes: tuple[Cause, ...]
    span: Span
    reset: Schedule | None = None


def event_name(cause: Cause, project: str = "", branch: str = "") -> str:
    """What an event bus calls the cause, to a flow of a project and branch, if it has any."""
    match cause:
        case Event(name, namespaced=True):
            around = [project, branch] if project and branch else []
            words = [NAMESPACE, *(_ODD_LETTERS.sub("", word) for word in around), name]
        case Event(name):
            words = [name]
        case FlowEnd(flow, of_project, of_branch):
            words = ["metaflow", of_project or project, of_branch or branch, flow, "end"]
        case _:
            assert_never(cause)
    return ".".join(filter(None, words))
