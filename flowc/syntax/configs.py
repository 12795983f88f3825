"""`Config` in a flow's classes: what each holds, and what expressions over them give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.config import Config, ConfigChoices
from flowc.ir.flow import Unknown, Value
from flowc.syntax import config_problems as problems
from flowc.syntax.ancestry import Ancestry
from flowc.syntax.classes import Cursor, PlacedClass, assigned
from flowc.syntax.config_declaration import Declaration
from flowc.syntax.layout import Mark
from flowc.syntax.parameter_arguments import read_arguments
from flowc.syntax.problems import not_read
from flowc.syntax.static.symbols import Delayed
from flowc.syntax.static.uncertain import MissingSettingError, NotStaticError

MAKER = "Config"


@dataclass(slots=True)
class Configs:
    """A flow's configurations by attribute, with what is wrong with them and their uses."""

    declared: dict[str, Config] = field(default_factory=dict)
    _told: dict[str, list[Diagnostic]] = field(default_factory=dict)
    _parsed: dict[str, Any] = field(default_factory=dict)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return [diagnostic for found in self._told.values() for diagnostic in found]

    def tell(self, diagnostic: Diagnostic, attribute: str = "") -> None:
        """Keep what is wrong with the configuration of that attribute, or with the use of some."""
        self._told.setdefault(attribute, []).append(diagnostic)

    def hide(self, attribute: str) -> None:
        """Forget a configuration whose attribute has another meaning."""
        self.declared.pop(attribute, None)
        self._told.pop(attribute, None)

    def add(self, config: Config, parsed: Any) -> None:
        """Keep a configuration with what its text says."""
        self.declared[config.attribute] = config
        self._parsed[config.name] = parsed

    def named(self, name: str) -> Config | None:
        """The configuration of that name."""
        return next((each for each in self.declared.values() if each.name == name), None)

    def entry(self, attribute: str, key: str, span: Span) -> Value:
        """An entry of the configuration of that attribute; None if there is none for certain."""
        config = self.declared.get(attribute)
        held = self._parsed[config.name] if config else None
        if not isinstance(held, dict):
            return None
        if key not in held:
            self.tell(problems.no_such_setting(span, f"self.{attribute}.{key}", key))
        found = held.get(key)
        return found if isinstance(found, str | int | float) else None

    def setting(self, delayed: Delayed, span: Span) -> Value:
        """What an expression over configurations gives.

        It is an `Unknown` where only running would tell. Where they lack what it asks for, there
        is a diagnostic, and `MissingSettingError` is raised; so it is after any other.
        """
        from flowc.syntax.evaluated import setting, source_of  # noqa: PLC0415 - see `Names`

        try:
            return setting(delayed, self._parsed)
        except NotStaticError as uncertain:
            if self.diagnostics:
                raise MissingSettingError from uncertain
            return Unknown(span, source_of(delayed))
        except MissingSettingError as missing:
            text = source_of(delayed)
            self.tell(problems.no_such_setting(span, text, str(missing)))
            raise


def read_configs(ancestry: Ancestry, choices: ConfigChoices) -> Configs:
    """The configurations of a flow and its bases, each read from where the user says."""
    found = Configs()
    for placed in reversed(ancestry.classes):
        if len(ancestry.classes) > 1:
            for name in placed.file.module.class_names(placed.name):
                found.hide(name)
        if MAKER in placed.file.source.text:
            _read(found, placed, choices)
    own = ancestry.classes[0].span
    known = [config.name for config in found.declared.values()]
    for name in choices.names:
        if name not in known:
            found.tell(problems.unknown_config(own, name, known))
    return found


def _read(found: Configs, placed: PlacedClass, choices: ConfigChoices) -> None:
    for attribute, call, span in _declarations(placed):
        arguments = read_arguments(MAKER, call, placed.names, span)
        if arguments is None:
            instead = "write its arguments out, one by one"
            found.tell(not_read(span, "a `Config` with `*` or `**`", instead), attribute)
            continue
        declaration = Declaration(attribute, arguments, placed.file, span)
        name = declaration.name
        if not name:
            found.tell(problems.config_name(span, attribute), attribute)
            continue
        if earlier := found.named(name):
            found.tell(problems.duplicate_config(span, name, earlier.span), attribute)
        found.add(*declaration.read(choices))
        for diagnostic in declaration.diagnostics:
            found.tell(diagnostic, attribute)


def _declarations(placed: PlacedClass) -> Iterator[tuple[str, cst.Call, Span]]:
    """The name, call and place of each `name = Config(…)` of a class."""
    source = placed.file.source
    cursor = Cursor.of_members(placed)
    for member in placed.members():
        line = member.node
        for item in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            name, value = assigned(item)
            if isinstance(value, cst.Call) and placed.names.meaning(value.func) == MAKER:
                anchor, _ = cursor.find(Mark.ASSIGN, name)
                span = source.span(anchor.start, anchor.end) if anchor else placed.span
                yield name, value, span
