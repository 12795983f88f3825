"""YAML as text and as values: the only module that knows PyYAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeDumper as _BaseDumper
    from yaml import SafeLoader as _Loader
else:
    _BaseDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# PyYAML quotes what it would itself read as something else than text. Others also read YAML 1.2's
# numbers (`1e3`, `0o17`) and YAML 1.1's short booleans: https://yaml.org/type/bool.html
_TEXT_TO_SOME_ONLY = re.compile(r"[yYnN]|[-+.0-9][-+.:_0-9eE]*|0[xob][0-9a-fA-F_]+")

_UNBROKEN = 1_000_000_000


def render(documents: Iterable[Mapping[str, Any]]) -> str:
    """The documents in block style, keys in the order given, each after a line of `---`."""
    text: str = yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        explicit_start=True,
        allow_unicode=True,
        width=_UNBROKEN,
    )
    return text


class NotYamlError(ValueError):
    """A text is not YAML; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def parse(text: str) -> Any:
    """The value of a YAML text; raises `NotYamlError`."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (it is the safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise NotYamlError(error.problem or "it is not YAML", line, column) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotYamlError(str(error).splitlines()[0], 1, 1) from error


class _Dumper(_BaseDumper):
    """A dumper of its own: hera changes how PyYAML's own write text as soon as it is imported."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if any(character > "\uffff" for character in text):
        # libyaml escapes what PyYAML's own emitter does not; both do so in double quotes.
        return '"'
    if "\n" in text:
        return "|"
    return "'" if _TEXT_TO_SOME_ONLY.fullmatch(text) else None


_Dumper.add_representer(str, _text)
