"""The job queues and clusters that a definition names, and those of them that are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from flowc.deploy.step_functions.machine import named
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.session import Session
from flowc.deploy.step_functions.validation import is_unasked

# How many AWS tells of at once.
_TOLD = 100
_GONE = frozenset({"DELETING", "DELETED", "DEPROVISIONING", "INACTIVE"})

Ask = Callable[[list[str]], Sequence[Mapping[str, Any]]]


def missing(session: Session, place: Place, definition: Mapping[str, Any]) -> Iterator[str]:
    """A line for each queue and cluster that is not there; none where this cannot be asked.

    Executions would find out the same, and fail.
    """

    def queues(names: list[str]) -> Any:
        return session.client("batch").describe_job_queues(jobQueues=names)["jobQueues"]

    def clusters(names: list[str]) -> Any:
        return session.client("ecs").describe_clusters(clusters=names)["clusters"]

    kinds: tuple[tuple[str, str, str, Ask], ...] = (
        ("JobQueue", "job queue", "--job-queue", queues),
        ("Cluster", "cluster", "--cluster", clusters),
    )
    for field, word, option, ask in kinds:
        with session.explained(f"looking for the {word}"):
            absent = _absent(_here(place, definition, field), ask)
        for name in absent:
            yield f"there is no {word} `{name}` in {place}: make it, or name another by {option}"


def _here(place: Place, definition: Mapping[str, Any], field: str) -> list[str]:
    """The names that a definition has; of ARNs, those in a place."""
    here = f":{place.region}:{place.account}:"
    names = dict.fromkeys(named(definition, field))
    return [name for name in names if not name.startswith("arn:") or here in name]


def _absent(names: list[str], ask: Ask) -> list[str]:
    """The names that AWS does not know, or as something that is gone."""
    known: set[Any] = set()
    try:
        for first in range(0, len(names), _TOLD):
            known |= set(_names(ask(names[first : first + _TOLD])))
    except ClientError as error:
        if is_unasked(error):
            return []
        raise
    return [name for name in names if name not in known]


def _names(told: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """The names and ARNs of what is there."""
    for each in told:
        if each.get("status") not in _GONE:
            yield from (value for key, value in each.items() if key.endswith(("Name", "Arn")))
