"""The way back to a version that was deployed before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowc.deploy.ledger import Ledger
from flowc.deploy.record import Record
from flowc.deploy.versions import Version, Versions
from flowc.errors import EngineError, UsageError


def roll_back(versions: Versions, ledger: Ledger, to: str = "") -> Version:
    """Make a version live, by default the one that was live before; what is live then.

    The record hears of it, so that the next deploy does not take it for somebody else's change.
    """
    found = versions.list()
    if not found:
        raise UsageError(f"there is no version of `{ledger.name}` to go back to")
    record = ledger.read()
    if not record.entries:
        raise _unrecorded(ledger, versions.store)
    left = next((each.version for each in found if each.is_live), "")
    version = to or _before(record, found, left, ledger.name)
    changed = record.changed(versions.activate(version))
    ledger.write(replace(changed, before=_before_that(record.before, left, version)))
    live = next((each for each in versions.list() if each.is_live), None)
    if live is None or live.version != version:
        raise EngineError(f"version {version} of `{ledger.name}` is not live yet; look again")
    return live


def _unrecorded(ledger: Ledger, store: str) -> UsageError:
    """What to raise where the record is elsewhere; `store` is what tasks write to, if known."""
    other = store if store.rstrip("/") != ledger.store.rstrip("/") else ""
    return UsageError(
        f"{ledger.store} has no record of `{ledger.name}`, so nothing was done; pass the store "
        f"that it was deployed with: `--datastore-root {other or 's3://…'}`"
    )


def _before(record: Record, found: Sequence[Version], live: str, name: str) -> str:
    """The version that was live before what is, of those that there are."""
    if not live:
        raise UsageError(f"no version of `{name}` is live; say which one shall be: `--to VERSION`")
    known = {each.version for each in found} - {live}
    version = next((each for each in reversed(record.before) if each in known), "")
    if not version:
        raise UsageError(
            f"version {live} of `{name}` is live, and none was before; "
            "say which one shall be: `--to VERSION`"
        )
    return version


def _before_that(before: tuple[str, ...], left: str, version: str) -> tuple[str, ...]:
    """What was live before a version that was gone back to; one that is new leaves another."""
    if version in before:
        last = len(before) - 1 - before[::-1].index(version)
        return before[:last]
    return (*before, left) if left not in {"", version} else before
