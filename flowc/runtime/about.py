"""What a run is annotated with: tags, the namespace that its steps see, the run that it resumes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

# Metaflow's own limits.
_MOST_TAGS = 50
_LONGEST_TAG = 500


class About:
    """The annotations of a run. `has_namespace`: its steps see another than their user's."""

    __slots__ = ("has_namespace", "namespace", "origin", "system_tags", "tags")

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self.tags: frozenset[str] = frozenset(entries.get("tags", ()))
        self.system_tags: frozenset[str] = frozenset(entries.get("system_tags", ()))
        self.origin: str | None = entries.get("origin")
        self.has_namespace = "namespace" in entries
        self.namespace: str | None = entries.get("namespace") or None

    def entries(self) -> dict[str, Any]:
        """What it says, as JSON has it; empty where there is nothing to say."""
        return {
            **({"tags": sorted(self.tags)} if self.tags else {}),
            **({"system_tags": sorted(self.system_tags)} if self.system_tags else {}),
            **({"origin": self.origin} if self.origin else {}),
            **({"namespace": self.namespace} if self.has_namespace else {}),
        }


def wrong_tags(tags: Iterable[str]) -> str:
    """What is wrong with a run's tags; empty if nothing is."""
    found = frozenset(tags)
    if len(found) > _MOST_TAGS:
        return f"a run has at most {_MOST_TAGS} tags, not {len(found)}"
    for tag in sorted(found):
        if not tag:
            return "a tag must not be empty"
        if len(tag) > _LONGEST_TAG:
            return f"a tag has at most {_LONGEST_TAG} characters, not {len(tag)}"
        if any("\ud800" <= character <= "\udfff" for character in tag):
            return f"tag {tag!a} cannot be written as UTF-8"
    return ""
