"""`Config` and `config_expr`: values that were read when the flow was compiled."""

# The arguments of `Config` are those that flows give it.
# ruff: noqa: A002, FBT001, FBT002, PLR0913, PLR0917

from __future__ import annotations

import json
import sys

from flowc.runtime.context import SLOT
from flowc.runtime.errors import FlowError, RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn

    from flowc.runtime.spec import FlowSpec


class ConfigValue(dict):  # type: ignore[type-arg]
    """A dictionary that nobody can change, whose entries are attributes as well."""

    def __init__(self, entries: Mapping[Any, Any]) -> None:
        super().__init__({key: _constant(value) for key, value in entries.items()})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def to_dict(self) -> dict[Any, Any]:
        """The same as a plain dictionary."""
        return {key: _plain(value) for key, value in self.items()}

    def copy(self) -> ConfigValue:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return ConfigValue, (self.to_dict(),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("ConfigValue is immutable")

    __setitem__ = __delitem__ = __setattr__ = __delattr__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def _constant(value: Any) -> Any:
    if isinstance(value, dict):
        return ConfigValue(value)
    if isinstance(value, (list, tuple, set)):
        return type(value)(map(_constant, value))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, ConfigValue):
        return value.to_dict()
    if isinstance(value, (list, tuple, set)):
        return type(value)(map(_plain, value))
    return value


class Delayed:
    """An expression over configurations; `settled` gives its value once those are read."""

    def __init__(self, text: str, names: dict[str, Any], access: tuple[Any, ...] = ()) -> None:
        self._text = text
        self._names = names
        self._access = access

    def __getattr__(self, name: str) -> Delayed:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: Any) -> Delayed:
        return Delayed(self._text, self._names, (*self._access, key))

    def keys(self) -> tuple[str, ...]:
        """Nothing: in `@resources(**config.small)` it stands for what the compiler has read."""
        return ()

    def __call__(self, configs: Mapping[str, Any]) -> Any:
        """The value, with the configurations by name."""
        value = eval(self._text, {**self._names, **configs})  # noqa: S307 (the user's own code)
        for key in self._access:
            value = value[settled(key, configs)]
        return value


def config_expr(expr: str) -> Delayed:
    """An expression over the flow's configurations, for a decorator or a parameter."""
    return Delayed(expr, sys._getframe(1).f_globals)  # noqa: SLF001 (Python's way to a caller)


def settled(value: Any, configs: Mapping[str, Any]) -> Any:
    """The value, expressions over configurations in it replaced by what they give."""
    if isinstance(value, Delayed):
        return settled(value(configs), configs)
    if type(value) is dict:
        return {key: settled(item, configs) for key, item in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(settled(item, configs) for item in value)
    return value


class Config:
    """A configuration: what a file holds when the flow is compiled, for decorators and steps.

    `default` is the path of that file, and `default_value` stands in for it. `parser` makes a
    dictionary of its text; without one it is JSON. `plain` gives the value as it is.
    """

    def __init__(
        self,
        name: str,
        default: Any = None,
        default_value: Any = None,
        help: str | None = None,
        required: bool | None = None,
        parser: str | Callable[[str], Any] | None = None,
        plain: bool = False,
        **_: Any,
    ) -> None:
        if default is not None and default_value is not None:
            raise FlowError(
                f"For config '{name}', you can only specify default or default_value, not both"
            )
        self.name = name
        self.help = help
        self.required = bool(required)
        self._parser = parser
        self._plain = plain
        self._attribute = name

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    def __get__(self, flow: FlowSpec | None, owner: type) -> Any:
        context = None if flow is None else vars(flow).get(SLOT)
        return self if context is None else self.seen(context.constant(self._attribute))

    def __set__(self, flow: FlowSpec, value: Any) -> None:
        raise AttributeError("Flow level attributes and Parameters are not modifiable")

    def __getattr__(self, name: str) -> Delayed:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: Any) -> Delayed:
        return Delayed(self.name, {}, (key,))

    def keys(self) -> tuple[str, ...]:
        """Nothing, as for `Delayed`."""
        return ()

    def read(self, text: str | None) -> Any:
        """What a text says to the parser, or `None` if there is no text."""
        if text is None or (self._plain and self._parser is None):
            return text
        value = (_parser(self._parser) if self._parser else json.loads)(text)
        if not self._plain and not isinstance(value, dict):
            raise RefusalError(f"config `{self.name}` is no dictionary")
        return value

    def seen(self, value: Any) -> Any:
        """What was read, as steps and expressions see it."""
        return value if self._plain or value is None else ConfigValue(value)


def configs_of(flow: type) -> dict[str, Config]:
    """A flow's configurations by the attribute that steps read."""
    members = {name: value for base in reversed(flow.__mro__) for name, value in vars(base).items()}
    return {name: value for name, value in members.items() if isinstance(value, Config)}


def yaml_parser(content: str) -> Any:
    """What a YAML text says; PyYAML must be installed where the flow runs."""
    return _parser("yaml.safe_load")(content)


def _parser(parser: str | Callable[[str], Any]) -> Callable[[str], Any]:
    if not isinstance(parser, str):
        return parser
    if parser == ".plugins.parsers.yaml_parser":
        return yaml_parser
    from importlib import import_module  # noqa: PLC0415 (few flows name a parser)

    module, _, name = parser.rpartition(".")
    found: Callable[[str], Any] = getattr(import_module(module), name)
    return found
