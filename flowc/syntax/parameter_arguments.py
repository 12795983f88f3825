"""The arguments of `Parameter`, `IncludeFile` and `Config`, and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Unknown, Value
from flowc.syntax.literals import code
from flowc.syntax.names import Names

# Metaflow's arguments, those that may be given by position first.
_POSITIONAL = {
    "Parameter": ("name", "default", "type", "help", "required", "show_default"),
    "IncludeFile": ("name", "required", "is_text", "encoding", "help", "parser"),
    "Config": ("name", "default", "default_value", "help", "required", "parser", "plain"),
}
# Metaflow hands what it does not know itself to click's `Option`.
_OF_CLICK = ("is_flag", "hidden", "metavar", "show_choices", "show_envvar")
_BY_NAME = {
    "Parameter": ("separator", *_OF_CLICK),
    "IncludeFile": ("default", "show_default"),
    "Config": ("show_default",),
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a `maker`, such as `Parameter`, is given: expressions and their values.

    What comes from a dictionary has a value alone. `repeated` are given twice, `surplus` is how
    many stand behind the last that may be given by position.
    """

    maker: str
    nodes: Mapping[str, cst.BaseExpression]
    values: Mapping[str, Value]
    repeated: Sequence[str]
    surplus: int
    names: Names

    def is_function(self, word: str) -> bool:
        """Whether the argument is certain to be something that Python can call."""
        node = self.nodes.get(word)
        unknown = isinstance(self.values.get(word), Unknown)
        return unknown and node is not None and self.names.is_function(node)

    def shown(self, word: str) -> str:
        """The argument as it stands in the source."""
        node = self.nodes.get(word)
        return code(node) if node else repr(self.values[word])


def read_arguments(maker: str, call: cst.Call, names: Names, span: Span) -> Arguments | None:
    """The arguments; None if some are in a `*` or `**` that only running would tell."""
    spread = [names.value(arg.value, span) for arg in call.args if arg.star == "**"]
    entries = [value for value in spread if isinstance(value, Mapping) and "type" not in value]
    if len(entries) < sum(bool(arg.star) for arg in call.args):
        return None
    order = _POSITIONAL[maker]
    positional = [arg.value for arg in call.args if not arg.keyword and not arg.star]
    given = [(arg.keyword.value, arg.value) for arg in call.args if arg.keyword]
    nodes = dict([*zip(order, positional, strict=False), *given])
    values = {word: names.value(node, span) for word, node in nodes.items()}
    words = Counter([*order[: len(positional)], *(word for word, _ in given)])
    words.update(word for mapping in entries for word in mapping)
    values |= {word: value for mapping in entries for word, value in mapping.items()}
    repeated = [word for word, count in words.items() if count > 1]
    return Arguments(maker, nodes, values, repeated, len(positional) - len(order), names)


def faults(arguments: Arguments) -> Iterator[tuple[str, str]]:
    """What Metaflow or flowc would stumble over, each with what to do instead."""
    maker = arguments.maker
    known = (*_POSITIONAL[maker], *_BY_NAME[maker])
    if arguments.surplus > 0:
        yield (
            f"`{maker}` takes no more than {len(_POSITIONAL[maker])} arguments by position",
            "give the last ones by name",
        )
    for word in arguments.repeated:
        yield f"`{word}` is given twice", "leave one of the two out"
    for word in arguments.values:
        if word not in known:
            yield f"`{maker}` takes no `{word}`", f"use {', '.join(f'`{it}`' for it in known)}"
        elif wanted := _wanted(arguments, word):
            yield f"`{word}` is `{arguments.shown(word)}`, but must be {wanted}", f"give {wanted}"


def _wanted(arguments: Arguments, word: str) -> str:
    """What an argument must be, if it is certain that it is not."""
    value = arguments.values[word]
    wanted, fits = _WANTED.get(word, ("", _is_text))
    if value is None or fits(value) or (isinstance(value, Unknown) and value.told):
        return ""
    # What stands in manifests, or decides how they are read, has to be known.
    uncertain = isinstance(value, Unknown) and word not in _DECIDING
    return "" if uncertain and not arguments.is_function(word) else wanted


_DECIDING = frozenset({"required", "plain"})


def _is_text(value: Value) -> bool:
    return isinstance(value, str)


def _is_flag(value: Value) -> bool:
    return isinstance(value, bool)


def _is_encoding(value: Value) -> bool:
    try:
        return isinstance(value, str) and b" ".decode(value) is not None
    except (LookupError, ValueError):
        return False


# For each argument what it must be, in words and as a check that need not know functions.
_WANTED: Mapping[str, tuple[str, Callable[[Value], bool]]] = {
    "required": ("`True` or `False`", _is_flag),
    "is_text": ("`True` or `False`", _is_flag),
    "plain": ("`True` or `False`", _is_flag),
    "is_flag": ("`True` or `False`", _is_flag),
    "show_default": ("`True`, `False` or a text", lambda value: isinstance(value, bool | str)),
    "help": ("a text", _is_text),
    "separator": ("a text", _is_text),
    "encoding": ("the name of an encoding that Python knows", _is_encoding),
    "parser": (
        "a function, or the name of one with its module",
        lambda value: isinstance(value, Unknown) or (isinstance(value, str) and "." in value),
    ),
}
