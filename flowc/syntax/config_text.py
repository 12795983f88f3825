"""Texts of configurations, where they are kept, and what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowc.diagnostics import Span
from flowc.syntax.source import Source, irregular

_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)")


class ConfigError(Exception):
    """A text is not what its parser reads; never leaves `flowc.syntax`."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class ConfigText:
    """The text of a configuration; `path` is its file as the user named it, or empty."""

    text: str
    path: str = ""

    def span(self, error: ConfigError, declared: Span) -> Span:
        """Where the text is wrong: in its file, else where it is declared."""
        if not self.path:
            return declared
        return Source(self.path, self.text).line_span(error.line, error.column)


def read_file(path: str) -> ConfigText:
    """The text of a file; raises `ConfigError`."""
    try:
        if odd := irregular(path):
            raise ConfigError(odd)
        return ConfigText(Path(path).read_text(encoding="utf-8"), path)
    except OSError as error:
        raise ConfigError((error.strerror or str(error)).lower()) from error
    except ValueError as error:
        raise ConfigError("it is not UTF-8 text") from error


def default_path(path: str, flow: str) -> str:
    """Where the default of a flow is: in the flow's folder if it is there."""
    beside = str(Path(flow).parent / path)
    return beside if Path(beside).exists() else path


def parse_json(text: str) -> Any:
    """What a JSON text says."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"is not JSON: {error.msg.lower()}", error.lineno, error.colno) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError("is not JSON that Python can read") from error


def _parse_toml(text: str) -> Any:
    import tomllib  # noqa: PLC0415 (few configurations are TOML)

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = _TOML_PLACE.search(str(error))
        line, column = map(int, place.groups()) if place else (1, 1)
        reason = _TOML_PLACE.sub("", str(error)).lower()
        raise ConfigError(f"is not TOML: {reason}", line, column) from error


def _parse_yaml(text: str) -> Any:
    from flowc.yaml_text import NotYamlError, parse  # noqa: PLC0415 (few configurations are YAML)

    try:
        return parse(text)
    except NotYamlError as error:
        raise ConfigError(f"is not YAML: {error}", error.line, error.column) from error


# The parsers that need no code of the user's, by the names that flows give them.
PARSERS: Mapping[str, Callable[[str], Any]] = {
    "json.loads": parse_json,
    "toml.loads": _parse_toml,
    "tomli.loads": _parse_toml,
    "tomllib.loads": _parse_toml,
    "yaml.safe_load": _parse_yaml,
    "metaflow.yaml_parser": _parse_yaml,
    "flowc.yaml_parser": _parse_yaml,
    ".plugins.parsers.yaml_parser": _parse_yaml,
}
