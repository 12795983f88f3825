"""Does what a plan says, so that whatever cuts it off, the next deploy completes it.

First the record names all that the deployment had and is going to have; then things are made, and
only then others deleted; then all is looked at again, and the record says that it is whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from flowc.deploy.differences import differences
from flowc.deploy.engine import Engine
from flowc.deploy.ledger import Ledger
from flowc.deploy.plan import Action, Item, Plan
from flowc.deploy.record import Entry, Holding, Record
from flowc.deploy.resources import Key, Live
from flowc.errors import EngineError, InternalError

# An engine may take a while to show what it has been told.
_PAUSES = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Deploying:
    """A plan on its way to an engine; `file` is the code package, if there is one."""

    plan: Plan
    engine: Engine
    ledger: Ledger
    file: Path | None = None
    pause: Callable[[float], None] = time.sleep

    def carry_out(self) -> Iterator[Item]:
        """Do what the plan says, and tell of each item when it is done."""
        if self.ledger.read() != self.plan.record:
            raise EngineError(f"somebody else has just deployed `{self.ledger.name}`; try again")
        began = _now()
        if not self.plan.is_uploaded:
            self._upload()
        self.ledger.write(intended(self.plan, began))
        for item in self.plan.writes:
            self._do(item)
            yield item
        self._verify()
        self.ledger.write(completed(self.plan, began))

    def catch_up(self) -> None:
        """Where there is nothing to do, let the record say so if it does not."""
        record = completed(self.plan, _now())
        known = self.plan.record
        if (record.entries, True) != (known.entries, known.is_whole):
            self.ledger.write(record)

    def has_moved(self) -> bool:
        """Whether new executions are of another version now than before."""
        served = {item.key: item.live.serving for item in self.plan.items if item.live}
        asked = [key for key, version in served.items() if version]
        live = self.engine.read(asked)
        return any(live[key].serving != served[key] for key in asked if key in live)

    def _upload(self) -> None:
        if self.file is None:
            raise InternalError("there is no package to upload")
        self.ledger.keep(self.plan.package, self.file)

    def _do(self, item: Item) -> None:
        match item:
            case Item(action=Action.DELETE):
                self.engine.delete(item.key)
            case Item(wanted=wanted, live=None) if wanted is not None:
                self.engine.create(wanted)
            case Item(wanted=wanted, live=live) if wanted is not None and live is not None:
                self.engine.update(wanted, live)
            case _:
                raise InternalError(f"nothing is to be done about {item.key}")

    def _verify(self) -> None:
        """Look whether the engine has what was wanted; what it has not is an `EngineError`."""
        for pause in _PAUSES:
            if not self._wrong():
                return
            self.pause(pause)
        wrong = self._wrong()
        if wrong:
            raise EngineError(f"{'; '.join(wrong)}; deploy again to look once more")

    def _wrong(self) -> list[str]:
        items = [item for item in self.plan.items if item.action is not Action.KEEP]
        live = self.engine.read([item.key for item in items])
        return [text for item in items if (text := _unlike(item, live.get(item.key)))]


def _unlike(item: Item, live: Live | None) -> str:
    """In what way something is not what the plan says, or nothing."""
    if item.wanted is None:
        return "" if live is None else f"{item.key} is still there"
    if live is None:
        return f"{item.key} is not there"
    found = next(differences(item.wanted.decided(live.body), item.wanted.body), None)
    return f"{item.key} is not what was deployed at `{found.place}`" if found else ""


def intended(plan: Plan, began: str) -> Record:
    """What is on record while the plan is carried out: all that is there or may come to be."""
    entries = {**_surplus(plan, {Action.KEEP, Action.DELETE}), **_wanted(plan)}
    return _noted(Record(entries, is_whole=False, time=began, package=plan.package), plan)


def completed(plan: Plan, began: str) -> Record:
    """What is on record once the plan is carried out."""
    made = {item.key: item.wanted for item in plan.items if item.wanted is not None}
    wanted = {
        key: Entry(
            made[key].lasting(entry.body),
            Holding.DEPLOYED if entry.holding is Holding.CHANGING else entry.holding,
        )
        for key, entry in _wanted(plan).items()
    }
    entries = {**_surplus(plan, {Action.KEEP}), **wanted}
    return _noted(Record(entries, time=began, package=plan.package), plan)


def _noted(record: Record, plan: Plan) -> Record:
    """The record with what was live before the plan."""
    return replace(record, before=plan.record.before).serving(plan.serving)


def _surplus(plan: Plan, actions: set[Action]) -> dict[Key, Entry]:
    """What is no longer wanted, in the order in which it was made; of what is kept, the names."""
    items = (item for item in reversed(plan.items) if item.action in actions)
    entries = ((item, plan.record.entries[item.key]) for item in items)
    return {
        item.key: replace(entry, body={})
        if item.action is Action.KEEP
        else replace(entry, holding=Holding.CHANGING)
        for item, entry in entries
    }


def _wanted(plan: Plan) -> dict[Key, Entry]:
    return {
        item.key: Entry(item.wanted.body, _holding(item))
        for item in plan.items
        if item.wanted is not None
    }


def _holding(item: Item) -> Holding:
    if item.action is not Action.UNCHANGED:
        return Holding.CHANGING
    return Holding.DEPLOYED if item.owner is None else Holding.SHARED


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
