"""What a run is started with: texts of parameters as the types that the DAG wants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowc.deploy.airflow.values import DagRun, Param
from flowc.errors import UsageError

_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


def conf_of(given: Mapping[str, str], params: Mapping[str, Param], dag: str) -> dict[str, Any]:
    """The values of texts; a `UsageError` tells of a name that the DAG does not know."""
    unknown = [name for name in given if name not in params]
    if unknown:
        known = ", ".join(f"`--{name}`" for name in params) or "none"
        raise UsageError(f"`{dag}` has no parameter `--{unknown[0]}`; it has {known}")
    return {name: _value(name, text, params[name].types) for name, text in given.items()}


def inherited(
    conf: Mapping[str, Any], params: Mapping[str, Param], origin: DagRun
) -> dict[str, Any]:
    """What a run is to be given that goes on from another one: that one's values, of what has none.

    Airflow wants them, although such a run takes them over anyhow.
    """
    missing = [name for name, param in params.items() if param.is_open and name not in conf]
    found = {name: origin.conf[name] for name in missing if name in origin.conf}
    lost = [name for name in missing if params[name].is_required and name not in found]
    if lost:
        raise UsageError(
            f"the run {origin.run} was given no `--{lost[0]}`, which the DAG asks for now: pass it"
        )
    return found


def _value(name: str, text: str, types: frozenset[str]) -> Any:
    """Airflow takes no text for a number; what has no type may be any JSON."""
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
