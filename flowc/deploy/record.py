"""What a deployment has, as its last deploy left it or was about to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from flowc.deploy.resources import Body, Key
from flowc.errors import UsageError

VERSION = 1

# How many ways back in a row there are.
_REMEMBERED = 100


class Holding(StrEnum):
    """How a deployment has something.

    `CHANGING` is what a deploy was about to make or change and may not have; `SHARED` is of another
    deployment, which has the same.
    """

    DEPLOYED = "deployed"
    CHANGING = "changing"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was deployed as a resource, or was about to be."""

    body: Body
    holding: Holding = Holding.DEPLOYED


@dataclass(frozen=True, slots=True)
class Record:
    """The entries in the order in which they were made; `time` and `package` are of the deploy.

    Only once all of it is done and looked at, it `is_whole`. `before` has the versions that were
    live before, the oldest first; at its end the one may be that still is.
    """

    entries: Mapping[Key, Entry] = field(default_factory=dict)
    is_whole: bool = True
    time: str = ""
    package: str = ""
    before: tuple[str, ...] = ()

    def serving(self, version: str) -> Record:
        """The record with one more version that is about to be left."""
        if not version or version in self.before[-1:]:
            return self
        return replace(self, before=(*self.before, version)[-_REMEMBERED:])

    def changed(self, found: Mapping[Key, Body]) -> Record:
        """The record with other fields in place of those that somebody has changed on purpose."""
        entries = {
            key: replace(entry, body={**entry.body, **found.get(key, {})})
            for key, entry in self.entries.items()
        }
        return replace(self, entries=entries)


def render_record(record: Record) -> bytes:
    """The record as JSON."""
    document = {
        "version": VERSION,
        "state": "deployed" if record.is_whole else "deploying",
        "time": record.time,
        "package": record.package,
        "before": list(record.before),
        "resources": [_rendered(key, entry) for key, entry in record.entries.items()],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def parse_record(content: bytes, place: str) -> Record:
    """The record of a JSON text; a `UsageError` names the place of what is none."""
    try:
        document = json.loads(content)
        if document["version"] > VERSION:
            raise UsageError(f"{place} was written by a newer flowc; upgrade flowc to deploy")
        entries = dict(map(_parsed, document["resources"]))
        return Record(
            entries,
            document["state"] == "deployed",
            document["time"],
            document["package"],
            tuple(map(str, document.get("before", ()))),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{place} is no record that flowc wrote") from error


def _rendered(key: Key, entry: Entry) -> dict[str, Any]:
    return {"kind": key.kind, "name": key.name, "state": entry.holding, "body": entry.body}


def _parsed(found: Any) -> tuple[Key, Entry]:
    body = found["body"]
    if not isinstance(body, dict):
        raise TypeError
    return Key(found["kind"], found["name"]), Entry(body, Holding(found["state"]))
