"""Whether a deployment's record is in the store that a deploy asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import EngineError

if TYPE_CHECKING:
    from flowc.deploy.ledger import Ledger
    from flowc.deploy.versions import Versions


def check_store(versions: Versions, ledger: Ledger) -> None:
    """Refuse another store than that of what was deployed last, which has its record.

    Without the record, nothing that is no longer wanted would be found, such as a schedule.
    """
    known = versions.store
    if known and known.rstrip("/") != ledger.store.rstrip("/"):
        raise EngineError(
            f"`{ledger.name}` was deployed with the store {known}, which has its record, and not "
            f"with {ledger.store}: pass `--datastore-root {known}`, or move by --force, and then "
            "delete by hand what is no longer wanted, such as a schedule"
        )
