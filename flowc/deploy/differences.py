"""Where two bodies differ, as deep down as they can be told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str, ...]

# What tells the entries of a list apart, in the words of any engine.
_NAMES = ("name", "Name", "key", "Key", "Id", "Sid")


class Absent(Enum):
    """What stands for a field that is not there."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not the same before and after; `ABSENT` where it is not there."""

    path: Path
    before: Any
    after: Any

    @property
    def place(self) -> str:
        """The path as text, such as `definition.States.start.Arguments.JobQueue`."""
        return "".join(_links(self.path))


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Difference]:
    """Where the values differ, in the order of their fields; none if they are the same.

    Lists whose entries have names are the same in any order.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_fields(before, after, path)
    elif _is_list(before) and _is_list(after):
        yield from _of_lists(before, after, path)
    elif before != after:
        yield Difference(path, before, after)


def overlapping(found: Iterable[Difference], others: Iterable[Difference]) -> Iterator[Difference]:
    """Those that are at, above or below the place of one of the others."""
    paths = [other.path for other in others]
    for each in found:
        if any(_overlap(each.path, path) for path in paths):
            yield each


def _overlap(one: Path, other: Path) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _of_fields(
    before: Mapping[str, Any], after: Mapping[str, Any], path: Path
) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        inner = (*path, str(name))
        if name not in after:
            yield Difference(inner, before[name], ABSENT)
        elif name not in before:
            yield Difference(inner, ABSENT, after[name])
        else:
            yield from differences(before[name], after[name], inner)


def _of_lists(before: Sequence[Any], after: Sequence[Any], path: Path) -> Iterator[Difference]:
    named = _by_name(before), _by_name(after)
    if named[0] is not None and named[1] is not None:
        yield from _of_fields(named[0], named[1], path)
    elif len(before) == len(after) and all(map(_is_nested, (*before, *after))):
        pairs = enumerate(zip(before, after, strict=True))
        for index, (one, other) in pairs:
            yield from differences(one, other, (*path, f"[{index}]"))
    elif list(before) != list(after):
        yield Difference(path, before, after)


def _by_name(entries: Sequence[Any]) -> dict[str, Any] | None:
    """The entries by what names them, if something does; an empty list has any names."""
    if not entries:
        return {}
    for field in _NAMES:
        if all(isinstance(entry, Mapping) and field in entry for entry in entries):
            found = {f"[{entry[field]}]": entry for entry in entries}
            return found if len(found) == len(entries) else None
    return None


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or _is_list(value)


def _links(path: Path) -> Iterator[str]:
    for index, name in enumerate(path):
        if name.startswith("["):
            yield name
        else:
            plain = name.replace("_", "").replace("-", "").isalnum()
            yield f"{'.' if index else ''}{name if plain else repr(name)}"
