"""Names of events, as decorators of flows are given them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def namespaced_event_name(event_name: str) -> Callable[[], str]:
    """An event that each project and branch has for itself; the compiler completes its name.

    In a task it is as outside of any project, where a call gives the whole name.
    """
    return lambda: f"mfns.{event_name}"
