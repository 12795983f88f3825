"""What AWS tells of something, in the shape in which it was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowc.deploy.resources import Body

# What tells the entries of a list from each other, whatever order AWS gives them in.
_NAMES = ("name", "type", "containerPath", "sourceVolume", "hostPath")


def as_written(found: Any, written: Any) -> Any:
    """What was found, without what was not written: that is what AWS has added itself.

    What AWS adds to definitions of jobs and tasks is more than it documents, and grows.
    """
    match written:
        case Mapping() if isinstance(found, Mapping):
            return {key: as_written(found[key], written[key]) for key in written if key in found}
        case list() | tuple() if isinstance(found, list):
            return _entries(found, written)
        case _:
            return found


def without(found: Body, defaults: Mapping[str, Any], written: Body) -> dict[str, Any]:
    """What was found, without the defaults that AWS tells of and that were not written."""
    return {
        key: value
        for key, value in found.items()
        if value is not None and (key in written or defaults.get(key) != value)
    }


def _entries(found: Sequence[Any], written: Sequence[Any]) -> list[Any]:
    name = _name(written)
    if name is None or name != _name(found):
        pairs = zip(found, written, strict=False)
        return [as_written(*pair) for pair in pairs] + list(found[len(written) :])
    left = {each[name]: each for each in found}
    told = []
    for each in written:
        if each[name] in left:
            told.append(as_written(left.pop(each[name]), each))
        elif each.get("value") == "":
            # Batch keeps no variables without a value.
            told.append(each)
    return told + list(left.values())


def _name(entries: Sequence[Any]) -> str | None:
    """The field that tells the entries from each other, if one does."""
    if not all(isinstance(each, Mapping) for each in entries):
        return None
    for name in _NAMES:
        values = [each.get(name) for each in entries]
        if None not in values and len(set(map(str, values))) == len(values):
            return name
    return None
