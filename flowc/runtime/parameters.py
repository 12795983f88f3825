"""`Parameter`, `JSONType` and `IncludeFile`, and how the first task finds their values."""

# The arguments of `Parameter` are those that flows give it.
# ruff: noqa: A002, FBT001, PLR0913, PLR0917
# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH110, PTH111, PTH118, PTH120, PTH123

from __future__ import annotations

import json
import os
import sys

from flowc.runtime.configs import ConfigValue, configs_of, settled
from flowc.runtime.context import SLOT
from flowc.runtime.errors import RefusalError
from flowc.runtime.username import username

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from typing import Any

    from flowc.runtime.spec import FlowSpec

_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "f", "false", "n", "no", "off"})
_NAMES = {str: "a string", int: "an integer", float: "a number", bool: "true or false"}


class JSONTypeClass:
    """The type of a parameter whose text is JSON."""

    def __repr__(self) -> str:
        return "JSON"


JSONType = JSONTypeClass()


class ParameterContext:
    """What a function that computes a default is called with."""

    def __init__(self, flow_name: str, parameter_name: str, configs: Mapping[str, Any]) -> None:
        self.flow_name = flow_name
        self.parameter_name = parameter_name
        self.user_name = username()
        self.logger: Callable[..., None] = print
        self.ds_type = "local"
        self.configs = ConfigValue(configs)


class Parameter:
    """A value that the user gives to a run and that all steps read.

    Without a `type`, the type of the default counts, or `str`. A default may be a function of a
    `ParameterContext`, called when the run starts. `separator` makes a list of strings.
    """

    def __init__(
        self,
        name: str,
        default: Any = None,
        type: Any = None,
        help: str | None = None,
        required: bool | None = None,
        show_default: bool | None = None,
        separator: str | None = None,
        **_: Any,
    ) -> None:
        self.name = name
        self.default = default
        self.declared = type
        self.help = help
        self.required = required
        self.show_default = show_default
        self.separator = separator
        self._attribute = name

    @property
    def kind(self) -> Any:
        """How its text becomes a value."""
        return _type(self.declared, self.default)

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    def __get__(self, flow: FlowSpec | None, owner: type) -> Any:
        context = None if flow is None else vars(flow).get(SLOT)
        if context is None:
            return self
        return context.constant(self._attribute)

    def __set__(self, flow: FlowSpec, value: Any) -> None:
        raise AttributeError("Flow level attributes and Parameters are not modifiable")

    def __delete__(self, flow: FlowSpec) -> None:
        raise AttributeError("Flow level attributes and Parameters are not modifiable")

    def __repr__(self) -> str:
        return f"Parameter({self.name!r})"

    def settle(self, configs: Mapping[str, Any]) -> None:
        """Replace expressions over configurations by what they give."""
        for name in ("default", "declared", "required", "separator"):
            setattr(self, name, settled(getattr(self, name), configs))

    def read(self, text: str) -> Any:
        """The value that a text stands for; raises `ValueError` if it is not of the type."""
        if self.separator:
            return text.split(self.separator) if text else text
        if self.kind is bool:
            return _bool(text)
        if self.kind is JSONType:
            return json.loads(text)
        return self.kind(text)

    def holds(self, value: Any) -> bool:
        """Whether a default needs no reading."""
        return self.kind is JSONType or isinstance(value, self.kind)

    def expects(self) -> str:
        """What the text must be, for an error."""
        return "JSON" if self.kind is JSONType else _NAMES.get(self.kind, repr(self.kind))


class IncludeFile(Parameter):
    """A file whose content all steps read; the user gives its path when the run starts."""

    def __init__(
        self,
        name: str,
        required: bool | None = None,
        is_text: bool | None = None,
        encoding: str | None = None,
        help: str | None = None,
        parser: Callable[[Any], Any] | str | None = None,
        default: Any = None,
        show_default: bool | None = None,
    ) -> None:
        super().__init__(name, default, str, help, required, show_default)
        self._encoding = (encoding or "utf-8") if is_text is not False else None
        self._parser = parser

    def read(self, text: str) -> Any:
        try:
            with open(_find(text), "rb") as file:
                content: Any = file.read()
        except OSError as error:
            raise ValueError(error.strerror) from error
        if self._encoding:
            content = content.decode(self._encoding)
        return _function(self._parser)(content) if self._parser else content

    def expects(self) -> str:
        return "the path of a readable file"


def parameters_of(flow: type) -> dict[str, Parameter]:
    """A flow's parameters by the attribute that steps read, those of base classes first."""
    return {
        name: value
        for base in reversed(flow.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Parameter)
    }


def resolve(
    flow: type,
    given: Mapping[str, str],
    configs: Mapping[str, str],
    kept: Container[str] = (),
) -> dict[str, Any]:
    """The value of each parameter and configuration by attribute; refuses texts that do not fit.

    `given` are the texts of parameters by name, `configs` those of configurations. A
    parameter whose attribute is in `kept` has a value already, unless another is given.
    """
    declared = configs_of(flow)
    read = {name: config.read(configs.get(config.name)) for name, config in declared.items()}
    names = {config.name: config.seen(read[name]) for name, config in declared.items()}
    return {**read, **_resolved(flow, given, names, kept)}


def _resolved(
    flow: type, given: Mapping[str, str], configs: Mapping[str, Any], kept: Container[str]
) -> dict[str, Any]:
    parameters = parameters_of(flow)
    texts = {_key(name): text for name, text in given.items()}
    known = {_key(parameter.name) for parameter in parameters.values()}
    for name in given:
        if _key(name) not in known:
            names = ", ".join(parameter.name for parameter in parameters.values()) or "none"
            raise RefusalError(f"flow `{flow.__name__}` has no parameter `{name}`; it has: {names}")
    return {
        attribute: _value(flow, parameter, texts.get(_key(parameter.name)), configs)
        for attribute, parameter in parameters.items()
        if attribute not in kept or _key(parameter.name) in texts
    }


def _value(flow: type, parameter: Parameter, text: str | None, configs: Mapping[str, Any]) -> Any:
    parameter.settle(configs)
    if text is not None:
        return _read(parameter, text)
    default = parameter.default
    if default is None and parameter.required:
        raise RefusalError(f"parameter `{parameter.name}` is required, but was not given")
    if callable(default):
        default = default(ParameterContext(flow.__name__, parameter.name, configs))
    if default is None or (not isinstance(default, str) and parameter.holds(default)):
        return default
    return _read(parameter, str(default))


def _read(parameter: Parameter, text: str) -> Any:
    try:
        return parameter.read(text)
    except ValueError as error:
        detail = f" ({error})" if isinstance(parameter, IncludeFile) else ""
        raise RefusalError(
            f"parameter `{parameter.name}` takes {parameter.expects()}, "
            f"but `{text}` was given{detail}"
        ) from error


def _find(path: str) -> str:
    # The default of a flow is written with its folder in mind, wherever its tasks run.
    expanded = os.path.expanduser(path)
    beside = os.path.join(os.path.dirname(sys.argv[0]), expanded)
    return beside if os.path.exists(beside) and not os.path.exists(expanded) else expanded


def _function(parser: Callable[[Any], Any] | str) -> Callable[[Any], Any]:
    """The function itself, or that of a name such as `json.loads`."""
    if not isinstance(parser, str):
        return parser
    # As in Metaflow, a dot at the beginning stands for Metaflow itself.
    path = f"metaflow{parser}" if parser.startswith(".") else parser
    module, _, name = path.rpartition(".")
    try:
        __import__(module)
        found: Callable[[Any], Any] = getattr(sys.modules[module], name)
    except (ImportError, AttributeError, ValueError) as error:
        raise RefusalError(f"there is no parser `{parser}`: {error}") from error
    return found


def _type(declared: Any, default: Any) -> Any:
    if declared in {dict, list} if isinstance(declared, type) else False:
        return JSONType
    if declared is not None:
        return declared
    if isinstance(default, (dict, list)):
        return JSONType
    return str if default is None or callable(default) else type(default)


def _bool(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in _TRUE | _FALSE:
        raise ValueError(text)
    return lowered in _TRUE


def _key(name: str) -> str:
    return name.replace("-", "_").lower()
