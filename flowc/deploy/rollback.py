"""The way back to a version that was deployed before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowc.deploy.ledger import Ledger
from flowc.deploy.versions import Version, Versions
from flowc.errors import UsageError


def roll_back(versions: Versions, ledger: Ledger, to: str = "") -> Version:
    """Make a version live, by default the one before what is live; the version.

    The record hears of it, so that the next deploy does not take it for somebody else's change.
    """
    chosen = _chosen(versions.list(), ledger.name, to)
    changed = versions.activate(chosen.version)
    record = ledger.read()
    if record.entries:
        ledger.write(record.changed(changed))
    return replace(chosen, is_live=True)


def _chosen(found: Sequence[Version], name: str, to: str) -> Version:
    if not found:
        raise UsageError(f"there is no version of `{name}` to go back to")
    if to:
        return _named(found, to)
    live = next((i for i, version in enumerate(found) if version.is_live), None)
    if live is None:
        raise UsageError(f"no version of `{name}` is live; say which one shall be: `--to VERSION`")
    if live + 1 == len(found):
        raise UsageError(f"version {found[live].version} of `{name}` is live; none is older")
    return found[live + 1]


def _named(found: Sequence[Version], to: str) -> Version:
    for version in found:
        if version.version == to:
            return version
    known = ", ".join(f"`{version.version}`" for version in found[:10])
    raise UsageError(f"there is no version `{to}`; the newest are {known}")
