"""Tags: whose something on AWS is, and what else is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Tags: TypeAlias = dict[str, str]

# The deployment that something belongs to, and the flow that is deployed.
OWNER = "flowc:deployment"
FLOW = "flowc:flow"

# What begins so, nobody else may decide.
_PREFIX = "flowc:"


def tags_in(pairs: Iterable[Mapping[str, Any]]) -> Tags:
    """Tags by their key, from pairs as one service or another writes them."""
    lower = [{name.lower(): value for name, value in pair.items()} for pair in pairs]
    return {pair["key"]: pair.get("value", "") for pair in lower}


def pairs(tags: Mapping[str, str], key: str = "key", value: str = "value") -> list[dict[str, str]]:
    """Tags as services want them that take no object."""
    return [{key: name, value: text} for name, text in tags.items()]


def decided(found: Mapping[str, str], wanted: Mapping[str, Any]) -> Tags:
    """Those of the tags found that flowc decides; an organisation's own are left to it.

    Where nothing is wanted it is not known whose they are.
    """
    if not wanted:
        return dict(found)
    own = wanted["tags"]
    return {key: text for key, text in found.items() if key in own or key.startswith(_PREFIX)}


def of_definition(found: Mapping[str, str], wanted: Mapping[str, Any]) -> Tags:
    """As `decided`; what another deployment has made, and this one uses as well, it tags."""
    own = wanted.get("tags", {})
    is_shared = OWNER in own and found.get(OWNER, own[OWNER]) != own[OWNER]
    return dict(own) if is_shared else decided(found, wanted)


def surplus(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The keys of tags that are there and shall not be."""
    return [key for key in live.get("tags", {}) if key not in wanted.get("tags", {})]
