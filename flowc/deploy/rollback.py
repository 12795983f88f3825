"""The way back to a version that was deployed before."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.deploy.ledger import Ledger
from flowc.deploy.versions import Version, Versions
from flowc.errors import EngineError, UsageError


def roll_back(versions: Versions, ledger: Ledger, to: str = "") -> Version:
    """Make a version live, by default the one before what is live; what is live then.

    The record hears of it, so that the next deploy does not take it for somebody else's change.
    """
    version = to or _before_live(versions.list(), ledger.name)
    record = ledger.read()
    if not record.entries:
        raise _unrecorded(ledger, versions.store)
    ledger.write(record.changed(versions.activate(version)))
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


def _before_live(found: Sequence[Version], name: str) -> str:
    if not found:
        raise UsageError(f"there is no version of `{name}` to go back to")
    live = next((i for i, version in enumerate(found) if version.is_live), None)
    if live is None:
        raise UsageError(f"no version of `{name}` is live; say which one shall be: `--to VERSION`")
    if live + 1 == len(found):
        raise UsageError(f"version {found[live].version} of `{name}` is live; none is older")
    return found[live + 1].version
