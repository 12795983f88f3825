"""The run that another one goes on from, where a flow is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.cli.deployment import reader_of
from flowc.errors import EngineError, UsageError
from flowc.history.choice import LATEST
from flowc.history.runs import has_run

if TYPE_CHECKING:
    from flowc.deploy.runs import Runs


def origin_of(runs: Runs, word: str, store: str) -> str:
    """The id of the run that a word names, or `latest`; an `EngineError` if there is none.

    Tasks are cloned from the store, which remembers runs that the engine has forgotten; `store` is
    looked into where the engine does not tell which one that is.
    """
    if word != LATEST and _is_stored(runs, word, store):
        return word
    return runs.find(word).run


def _is_stored(runs: Runs, run: str, store: str) -> bool:
    """Whether the store has the run; who starts runs need not see the store."""
    try:
        return has_run(reader_of(runs, runs.store or store), runs.flow, run)
    except (EngineError, UsageError):
        return False
