"""One `attribute = Config(…)`, and the text that it stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowc.diagnostics import Span
from flowc.ir.config import Config, ConfigChoices
from flowc.ir.flow import Unknown, Value
from flowc.ir.values import is_certain, plain
from flowc.syntax import config_problems as problems
from flowc.syntax.config_text import (
    PARSERS,
    ConfigError,
    ConfigText,
    default_path,
    parse_json,
    read_file,
)
from flowc.syntax.parameter_arguments import Arguments, faults
from flowc.syntax.problems import parameter_argument
from flowc.syntax.project import File
from flowc.syntax.source import Source
from flowc.syntax.static.symbols import Hole


class Declaration:
    """Reads the arguments of a `Config`; what is wrong is collected on the way."""

    def __init__(self, attribute: str, arguments: Arguments, file: File, span: Span) -> None:
        self.diagnostics = [
            parameter_argument(span, attribute, *fault) for fault in faults(arguments)
        ]
        self._attribute = attribute
        self._span = span
        self._project = file.project
        self._arguments = arguments
        self._given = arguments.values
        self._parser = _parser_name(arguments)

    @property
    def name(self) -> str:
        """Its name, or an empty one."""
        name = self._given.get("name")
        return name if isinstance(name, str) else ""

    def read(self, choices: ConfigChoices) -> tuple[Config, Any]:
        """The configuration, and what its text says; a `Hole` where only running would tell."""
        if self._given.get("default") is not None and self._given.get("default_value") is not None:
            self.diagnostics.append(problems.two_defaults(self._span, self.name))
        found = self._text(choices)
        default = self._given.get("default")
        config = Config(
            name=self.name,
            attribute=self._attribute,
            span=self._span,
            text=found.text if found else None,
            default=default if isinstance(default, str) else "",
            required=self._given.get("required") is True,
            help=_text(self._given.get("help")),
        )
        return config, self._parsed(found)

    def _text(self, choices: ConfigChoices) -> ConfigText | None:
        """What the user chose, else what the flow says."""
        if self.name in choices.values:
            return ConfigText(choices.values[self.name])
        if self.name in choices.files:
            return self._file_text(choices.files[self.name])
        match self._given.get("default"):
            case None:
                return self._default_text(self._given.get("default_value"))
            case str(path):
                return self._file_text(default_path(path, self._project.main.source.path))
        node = self._arguments.nodes.get("default")
        if node and (place := self._arguments.names.path(node)):
            return self._file_text(place)
        self._tell_uncertain("default")
        return None

    def _default_text(self, value: Value) -> ConfigText | None:
        match value:
            case str(text):
                return ConfigText(text)
            case Mapping() if is_certain(value):
                return ConfigText(json.dumps(plain(value)))
            case None:
                if self._given.get("required") is True:
                    self.diagnostics.append(problems.missing_config(self._span, self.name))
            case _:
                self._tell_uncertain("default_value")
        return None

    def _file_text(self, path: str) -> ConfigText | None:
        try:
            found = read_file(path)
        except ConfigError as error:
            reason = str(error)
            self.diagnostics.append(problems.unreadable_config(self._span, self.name, path, reason))
            return None
        self._project.read_settings(Source(path, found.text))
        return found

    def _tell_uncertain(self, word: str) -> None:
        shown = self._arguments.shown(word)
        self.diagnostics.append(problems.config_not_static(self._span, self.name, shown))

    def _parsed(self, found: ConfigText | None) -> Any:
        if found is None:
            return Hole(self.name) if self.diagnostics else None
        try:
            return self._value(found.text)
        except ConfigError as error:
            span = found.span(error, self._span)
            self.diagnostics.append(problems.malformed_config(span, self.name, str(error)))
        return Hole(self.name)

    def _value(self, text: str) -> Any:
        """What the text says to the parser; raises `ConfigError`."""
        # Loaded only for a flow that has configurations.
        from flowc.syntax.evaluated import as_settings  # noqa: PLC0415

        is_plain = self._given.get("plain") is True
        if self._parser and self._parser not in PARSERS:
            return Hole(self.name)
        if is_plain and not self._parser:
            return text
        value = PARSERS.get(self._parser, parse_json)(text)
        if is_plain:
            return value
        if not isinstance(value, dict):
            raise ConfigError(f"is no dictionary, but a `{type(value).__name__}`")
        return as_settings(value)


def _parser_name(arguments: Arguments) -> str:
    """The parser's full name, `?` for one that no name is known of, or nothing for none."""
    match arguments.values.get("parser"):
        case None:
            return ""
        case str(name):
            return name
        case _:
            node = arguments.nodes.get("parser")
            return (node and arguments.names.full_name(node)) or "?"


def _text(value: Value) -> str:
    return "" if value is None or isinstance(value, Unknown) else str(value)
