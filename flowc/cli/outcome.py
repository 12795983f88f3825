"""What `deploy` tells: text for people as it goes on, or one JSON object at the end."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowc.cli.output import print_json, tell
from flowc.deploy.plan import Action
from flowc.deploy.plan_text import plan_entries, render_plan, render_refusal
from flowc.errors import EngineError
from flowc.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from flowc.deploy.ledger import Ledger
    from flowc.deploy.plan import Item, Plan
    from flowc.deploy.resources import Key

_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "deleted",
    Action.UNCHANGED: "unchanged",
    Action.KEEP: "kept",
}


@dataclass
class Outcome:
    """What becomes of a deploy."""

    ledger: Ledger
    back: str
    as_json: bool
    place: str = ""
    plan: Plan | None = None
    done: list[Key] = field(default_factory=list)

    def show(self, plan: Plan, *, is_asked: bool) -> None:
        """Show the plan; a program gets it at the end, and people even then if they are asked."""
        self.plan = plan
        if self.as_json and not is_asked:
            return
        stream = sys.stderr if self.as_json else sys.stdout
        stream.write(f"{self.ledger.name} at {self.place}:\n")
        stream.write(render_plan(plan, color=_is_colored(stream)))
        stream.flush()

    def did(self, item: Item) -> None:
        """Tell of an item that is done."""
        self.done.append(item.key)
        tell(f"{_PAST[item.action]} {item.key}")

    def refused(self, plan: Plan) -> None:
        """Tell what is not done unless that is asked for."""
        self._end("refused")
        sys.stderr.write("".join(f"flowc: {line}\n" for line in render_refusal(plan).splitlines()))

    def invalid(self, problems: Sequence[str]) -> None:
        """Tell what the engine says against the resources."""
        self._end("invalid", problems=list(problems))
        for problem in problems:
            tell(f"flowc: {problem}")

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Where an error is told to a program, too, with how far the deploy came until then."""
        try:
            yield
        except (EngineError, KeyboardInterrupt) as error:
            self._end("failed", error=str(error) or "interrupted")
            if self.done:
                tell("flowc: what is done stays; deploy again to do the rest")
            raise

    def unchanged(self) -> None:
        """Tell that there was nothing to do."""
        self._end("unchanged")
        self._say("nothing to do: all is as wanted")

    def planned(self, status: str) -> None:
        """Tell that nothing was done."""
        self._end(status)

    def finished(self, links: Sequence[str], *, has_back: bool) -> None:
        """Tell what was done, where to look at it, and how to go back."""
        items = self.plan.items if self.plan else ()
        actions = [item.action for item in items]
        back = self.back if has_back else ""
        self._end("deployed", links=list(links), **({"back": back} if back else {}))
        counts = [
            f"{actions.count(each)} {word}" for each, word in _PAST.items() if each in actions
        ]
        self._say(f"deployed {self.ledger.name}: {', '.join(counts)}")
        for line in (*links, *([f"back: {back}"] if back else ())):
            self._say(f"  {line}")

    def _say(self, line: str) -> None:
        if not self.as_json:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def _end(self, status: str, **more: Any) -> None:
        if not self.as_json:
            return
        document = {
            "status": status,
            "target": self.ledger.target,
            "flow": self.ledger.flow,
            "deployment": self.ledger.name,
            "place": self.place,
            **more,
            **self._planned(),
        }
        print_json(document)

    def _planned(self) -> dict[str, Any]:
        if self.plan is None:
            return {}
        package = {"key": self.plan.package, "upload": not self.plan.is_uploaded}
        return {
            **({"package": package} if self.plan.package else {}),
            "resources": plan_entries(self.plan, done=self.done),
        }


def _is_colored(stream: TextIO) -> bool:
    return is_terminal(stream) and not os.environ.get("NO_COLOR")
