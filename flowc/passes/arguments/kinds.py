"""What an argument may be: each kind gives back the value that was meant, or raises `UnfitError`.

A kind is never asked about None, which leaves an argument out, nor about what is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeAlias

from flowc.ir.flow import Value

Kind: TypeAlias = Callable[[Value], Any]


class UnfitError(ValueError):
    """A value that an argument cannot take; `place` is where it stands in a longer one."""

    def __init__(self, value: Value, expected: str, place: str = "") -> None:
        super().__init__(expected)
        self.value = value
        self.expected = expected
        self.place = place

    def inside(self, place: str) -> UnfitError:
        """The same, seen from around `place`."""
        return UnfitError(self.value, self.expected, place + self.place)


def number(value: Value) -> float:
    """A number; Metaflow also takes one as text."""
    return _number(value, "a number, zero or more")


def above_zero(value: Value) -> float:
    """A number that is not zero."""
    expected = "a number above zero"
    return _number(value, expected) or refuse(value, expected)


def whole(value: Value) -> int:
    """A whole number, perhaps as text."""
    expected = "a whole number, zero or more"
    found = _number(value, expected)
    if isinstance(value, int):
        # A large one would lose its last digits on the way through a float.
        return value
    return int(found) if found.is_integer() else refuse(value, expected)


def whole_number_in(least: int, most: int) -> Kind:
    """The kind of whole numbers between two, both included."""
    expected = f"a whole number from {least} to {most}"

    def within(value: Value) -> int:
        found = _number(value, expected)
        fits = found.is_integer() and least <= found <= most
        return int(found) if fits else refuse(value, expected)

    return within


def unless_zero(kind: Kind) -> Kind:
    """The kind, where zero asks for nothing."""
    return lambda value: None if value in (0, "0") and value is not False else kind(value)


def unless_empty(kind: Kind) -> Kind:
    """The kind, where an empty string asks for nothing."""
    return lambda value: value if value == "" else kind(value)


def _number(value: Value, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        refuse(value, expected)
    try:
        found = float(value)
    except (ValueError, OverflowError):
        refuse(value, expected)
    return found if 0 <= found < float("inf") else refuse(value, expected)


def text(value: Value) -> str:
    """A string, as it is."""
    return value if isinstance(value, str) else refuse(value, "a string")


def scalar(value: Value) -> str:
    """The text of a string or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse(value, "a string")
    return str(value)


def truth(value: Value) -> bool:
    """A truth value; the command line gives it as text."""
    match value:
        case bool():
            return value
        case 0 | 1:
            return bool(value)
        case str() if value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case _:
            raise UnfitError(value, "`True` or `False`")


def name(value: Value) -> str:
    """The name of an artifact."""
    fits = isinstance(value, str) and value.isidentifier()
    return str(value) if fits else refuse(value, "the name of an artifact")


def folder(value: Value) -> str:
    """A path in a container, from its root."""
    fits = isinstance(value, str) and value.startswith("/") and ":" not in value
    return str(value) if fits else refuse(value, "a full path, without a colon")


def one_of(*words: str) -> Kind:
    """The kind of these words, exactly."""
    return lambda value: value if value in words else refuse(value, _either(words))


def one_in_any_case_of(*words: str) -> Kind:
    """The kind of these words, in capitals or not; gives them as they stand here."""
    spelled = {word.lower(): word for word in words}

    def found(value: Value) -> str:
        word = spelled.get(value.lower()) if isinstance(value, str) else None
        return word or refuse(value, _either(words))

    return found


def _either(words: tuple[str, ...]) -> str:
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} or {last}"


def texts(value: Value) -> tuple[str, ...]:
    """A list of strings; one string stands for a list of it alone."""
    match value:
        case str():
            return (value,) if value else ()
        case tuple() if all(isinstance(member, str) for member in value):
            return tuple(map(str, value))
        case _:
            raise UnfitError(value, "a list of strings")


def names(value: Value) -> tuple[str, ...]:
    """A list of strings without commas; one string may hold several, between commas."""
    return tuple(
        part.strip() for member in texts(value) for part in member.split(",") if part.strip()
    )


def mapping(value: Value) -> Mapping[str, Value]:
    """A dictionary, whatever it holds."""
    return value if isinstance(value, Mapping) else refuse(value, "a dictionary")


def texts_by_name(value: Value) -> dict[str, str]:
    """A dictionary of strings; numbers become strings."""
    if not isinstance(value, Mapping):
        refuse(value, "a dictionary of strings")
    return {key: inside(f"[{key!r}]", scalar, member) for key, member in value.items()}


def pairs(value: Value) -> dict[str, str]:
    """A dictionary of strings, also as `a=b,c=d` or `["a=b", "c=d"]`."""
    return texts_by_name(value) if isinstance(value, Mapping) else _pairs(value, alone=False)


def tags(value: Value) -> dict[str, str]:
    """A dictionary of strings, also as `a=b,c`; a name may stand alone."""
    if isinstance(value, Mapping):
        return texts_by_name({key: "" if of is None else of for key, of in value.items()})
    return _pairs(value, alone=True)


def _pairs(value: Value, *, alone: bool) -> dict[str, str]:
    expected = "a dictionary of strings, or `name=value` between commas, each name once"
    try:
        split = [each.partition("=") for each in names(value)]
    except UnfitError:
        refuse(value, expected)
    found = {key: member for key, _, member in split}
    fits = len(found) == len(split) and (alone or all(equals for _, equals, _ in split))
    return found if fits else refuse(value, expected)


def each_of(value: Value, kind: Kind, expected: str) -> tuple[Any, ...]:
    """The list with each of its members as the kind reads it."""
    if not isinstance(value, tuple):
        refuse(value, expected)
    return tuple(inside(f"[{place}]", kind, member) for place, member in enumerate(value))


def entries(value: Value, kinds: Mapping[str, Kind], what: str) -> dict[str, Any]:
    """A dictionary of these keys alone, each as its kind reads it; None leaves one out."""
    if not isinstance(value, Mapping):
        refuse(value, f"{what}, a dictionary")
    for key in value:
        if key not in kinds:
            refuse(key, f"no other keys than {', '.join(f'`{known}`' for known in kinds)}")
    given = {key: member for key, member in value.items() if member is not None}
    return {key: inside(f"[{key!r}]", kinds[key], member) for key, member in given.items()}


def inside(place: str, kind: Kind, value: Value) -> Any:
    """The value as the kind reads it; what is unfit in it is told to stand at `place`."""
    try:
        return kind(value)
    except UnfitError as unfit:
        raise unfit.inside(place) from None


def refuse(value: Value, expected: str) -> NoReturn:
    """Raise that the value is not what is expected."""
    raise UnfitError(value, expected)


# What `@resources`, `@kubernetes` and `@batch` all have.
SIZES: Mapping[str, Kind] = {
    "cpu": above_zero,
    "gpu": whole,
    "memory": above_zero,
    "shared_memory": unless_zero(whole),
}

# What the two engines have.
TMPFS: Mapping[str, Kind] = {
    "use_tmpfs": truth,
    "tmpfs_tempdir": truth,
    "tmpfs_size": unless_zero(whole),
    "tmpfs_path": folder,
}
