"""What a run is started with: texts of parameters as the types that the DAG wants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowc.errors import UsageError

_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


def conf_of(given: Mapping[str, str], schemas: Mapping[str, Any], dag: str) -> dict[str, Any]:
    """The values of texts; a `UsageError` tells of a name that the DAG does not know."""
    unknown = [name for name in given if name not in schemas]
    if unknown:
        known = ", ".join(f"`--{name}`" for name in schemas) or "none"
        raise UsageError(f"`{dag}` has no parameter `--{unknown[0]}`; it has {known}")
    return {name: _value(name, text, schemas[name]) for name, text in given.items()}


def _value(name: str, text: str, schema: Mapping[str, Any]) -> Any:
    """Airflow takes no text for a number; what has no type may be any JSON."""
    found = schema.get("type")
    types = {found} if isinstance(found, str) else set(found or ())
    if "string" in types:
        return text
    try:
        if "boolean" in types:
            return _boolean(text)
        if "integer" in types:
            return int(text)
        if "number" in types:
            return float(text)
    except ValueError:
        wanted = " or ".join(sorted(types - {"null"}))
        raise UsageError(f"--{name} must be of type {wanted}, which `{text}` is not") from None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE
