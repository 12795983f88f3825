"""A compiled document as files, each what one request of AWS takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def files(document: Mapping[str, Any]) -> dict[str, Any]:
    """What each file holds, by its path in the folder."""
    machine = document["stateMachine"]
    rest = {key: value for key, value in machine.items() if key != "definition"}
    return {
        "definition.asl.json": machine["definition"],
        "state-machine.json": rest,
        **dict(_named(document)),
        **dict(_policies(document)),
        "tags.json": document["tags"],
    }


def _named(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    folders = (
        ("job-definitions", "jobDefinitions", "jobDefinitionName"),
        ("task-definitions", "taskDefinitions", "family"),
        ("schedules", "schedules", "Name"),
        ("rules", "rules", "Name"),
    )
    for folder, key, name in folders:
        for entry in document.get(key, ()):
            yield f"{folder}/{entry[name]}.json", entry


def _policies(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for role, found in document["policies"].items():
        yield f"policies/{role}.json", found["policy"]
        if "trust" in found:
            yield f"policies/{role}-trust.json", found["trust"]
