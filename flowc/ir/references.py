"""What arguments of flow decorators name that is no plain value.

To all who do not ask for them, they are `Unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowc.ir.flow import Unknown


@dataclass(frozen=True, slots=True)
class FunctionName(Unknown):
    """A function by its name and its module, which is empty for the flow's own file.

    `arguments` are those that a call must give; None if the function was not seen. `missing`
    says that its module has none of that name. `path` is the text that names it, if one does.
    """

    name: str
    module: str = ""
    arguments: tuple[str, ...] | None = None
    missing: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class NamespacedEvent(Unknown):
    """`namespaced_event_name(…)`: an event's name, to be completed by project and branch."""

    name: str


@dataclass(frozen=True, slots=True)
class TimeDifference(Unknown):
    """A `timedelta(…)`."""

    seconds: float
