"""What a deploy would do: what was deployed last, what is live and what is wanted, compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from flowc.deploy.differences import ABSENT, Difference, differences, overlapping
from flowc.deploy.engine import Engine
from flowc.deploy.ledger import Ledger
from flowc.deploy.record import Entry, Holding, Record
from flowc.deploy.resources import Body, Key, Live, Resource


class Action(StrEnum):
    """What is done about a resource. `KEEP` leaves what is not wanted, but may be needed yet."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    DELETE = "delete"
    KEEP = "keep"


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user lets a deploy do, besides what it does anyway.

    `force` undoes what others have changed, `adopt` takes over what is not flowc's or another
    deployment's, `prune` deletes what running executions and older versions may need.
    """

    force: bool = False
    adopt: bool = False
    prune: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """What is done about one resource, and why it may not be.

    `changes` lead from what is live to what is wanted, `drift` from what was deployed last to what
    is live or gone, where somebody else has changed that. `owner` is whose the resource is, where
    it is not the deployment's own: another deployment, or `""`.
    """

    key: Key
    action: Action
    wanted: Resource | None = None
    live: Live | None = None
    changes: tuple[Difference, ...] = ()
    drift: tuple[Difference, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The items in the order to do them, deletions last; `record` is what was on record.

    `package` is the key of the code package, if there is one, and whether it `is_uploaded`.
    """

    items: tuple[Item, ...]
    record: Record
    allowed: Allowed
    package: str = ""
    is_uploaded: bool = True

    @property
    def writes(self) -> tuple[Item, ...]:
        """The items that change something."""
        return tuple(item for item in self.items if item.action in WRITES)

    @property
    def serving(self) -> str:
        """The version that new executions are of; empty if there is none."""
        return next(
            (item.live.serving for item in self.items if item.live and item.live.serving), ""
        )

    @property
    def is_empty(self) -> bool:
        """Whether all is as wanted."""
        return not self.writes and self.is_uploaded

    @property
    def refused(self) -> tuple[Item, ...]:
        """The items that are not done unless that is asked for."""
        return tuple(item for item in self.items if _is_refused(item, self.allowed))


def make_plan(
    engine: Engine,
    ledger: Ledger,
    allowed: Allowed = Allowed(),
    package: str = "",
) -> Plan:
    """Compare what is on record, what the engine has, and what is wanted."""
    record = ledger.read()
    wanted = {resource.key: resource for resource in engine.resources}
    surplus = {key: entry for key, entry in record.entries.items() if key not in wanted}
    # What is kept is not even looked at: with each change of a flow there is more of it.
    kept = set() if allowed.prune else {key for key in surplus if key.kind in engine.kept}
    live = engine.read((*wanted, *(key for key in surplus if key not in kept)))
    items = [
        _compared(resource, live.get(key), record.entries.get(key), ledger.name, allowed)
        for key, resource in wanted.items()
    ]
    found = _Surplus(surplus, live, engine.kept, ledger)
    items += (item for key in reversed(surplus) if (item := found.item(key, is_kept=key in kept)))
    is_uploaded = not package or ledger.has(package)
    return Plan(tuple(items), record, allowed, package, is_uploaded)


def is_ours(owner: str, name: str, entry: Entry | None) -> bool:
    """Whether what an engine has belongs to the deployment of that name.

    What was deployed stays its own even if somebody has taken the mark off it; but what a deploy
    was about to make, and is there without a mark, somebody else has made.
    """
    if owner:
        return owner == name
    return entry is not None and entry.holding is Holding.DEPLOYED


def _compared(
    wanted: Resource, live: Live | None, entry: Entry | None, name: str, allowed: Allowed
) -> Item:
    if live is None:
        return Item(wanted.key, Action.CREATE, wanted.begun(), drift=_deleted(entry))
    if wanted.insists or _was_begun(wanted, entry):
        wanted = wanted.begun()
    found = wanted.decided(live.body)
    changes = tuple(differences(found, wanted.body))
    owner = None if is_ours(live.owner, name, entry) else live.owner
    # What nobody owns gets its mark even if it is as wanted, and what another deployment has and
    # is as wanted is shared with it.
    is_written = bool(changes) or (not owner and owner is not None and allowed.adopt)
    action = Action.UPDATE if is_written else Action.UNCHANGED
    drift = _drift(entry, wanted.lasting(live.body), changes)
    return Item(wanted.key, action, wanted, live, changes, drift, owner)


def _was_begun(wanted: Resource, entry: Entry | None) -> bool:
    """Whether a deploy was cut off that was about to make it: what is initial may not be done."""
    if entry is None or entry.holding is not Holding.CHANGING:
        return False
    return bool(wanted.initial.keys() & entry.body.keys())


def _deleted(entry: Entry | None) -> tuple[Difference, ...]:
    """That all is gone of what was deployed: somebody else has deleted it."""
    if entry is None or entry.holding is not Holding.DEPLOYED or not entry.body:
        return ()
    return (Difference((), entry.body, ABSENT),)


def _drift(
    entry: Entry | None, live: Body, changes: tuple[Difference, ...]
) -> tuple[Difference, ...]:
    """Where somebody has changed what was deployed, and to something else than what is wanted.

    Of what an earlier deploy was about to change it is not known how far it came.
    """
    if entry is None or entry.holding is not Holding.DEPLOYED or not entry.body:
        return ()
    return tuple(overlapping(differences(entry.body, live), changes))


@dataclass(frozen=True)
class _Surplus:
    """What the deployment has by its record, and no longer wants."""

    entries: Mapping[Key, Entry]
    live: Mapping[Key, Live]
    named_by_content: Collection[str]
    ledger: Ledger

    def item(self, key: Key, *, is_kept: bool) -> Item | None:
        """What is done about it, if that is for this deployment to do."""
        entry = self.entries[key]
        if is_kept:
            return None if entry.holding is Holding.SHARED else Item(key, Action.KEEP)
        found = self.live.get(key)
        if found is None or key in self._others:
            return None
        if not is_ours(found.owner, self.ledger.name, entry):
            return None
        is_fixed = key.kind in self.named_by_content
        drift = () if is_fixed else _drift_of_surplus(entry, found.body)
        return Item(key, Action.DELETE, live=found, drift=drift)

    @cached_property
    def _others(self) -> frozenset[Key]:
        return self.ledger.held_by_others()


def _drift_of_surplus(entry: Entry, live: Body) -> tuple[Difference, ...]:
    """What somebody has changed of something that is no longer wanted.

    An engine knows what is decided of a body by what is wanted; so here fields that it adds or
    leaves out say nothing.
    """
    if entry.holding is not Holding.DEPLOYED:
        return ()
    found = differences(entry.body, live)
    return tuple(each for each in found if each.before is not ABSENT and each.after is not ABSENT)


def _is_refused(item: Item, allowed: Allowed) -> bool:
    if item.action not in WRITES:
        return False
    return bool(item.drift and not allowed.force) or (item.owner is not None and not allowed.adopt)
