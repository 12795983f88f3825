"""Reads an event or a flow as `@trigger` and `@trigger_on_finish` take it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from flowc.diagnostics import Diagnostic
from flowc.ir.events import Event, FlowEnd
from flowc.ir.flow import Decorator, Flow, Unknown, Value
from flowc.ir.references import NamespacedEvent
from flowc.passes import trigger_problems as problems
from flowc.passes.flow_arguments import Arguments, shown

_EVENT = re.compile(r"[A-Za-z0-9_.-]+")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_WORD_LETTERS = "letters, digits and underscores"
_EVENT_LETTERS = "letters, digits, `_`, `-` and `.`"
_EVENT_KEYS = ("name", "parameters")
_FLOW_KEYS = ("name", "project", "project_branch")
_MAPPING_HINT = "give a dictionary of texts, or a list of names and of pairs of names"
_EVENT_HINT = 'write `"name"` or `{"name": …, "parameters": {…}}`'
_FLOW_HINT = 'write `"Flow"`, `"project.branch.Flow"` or `{"name": "Flow", "project": …}`'


@dataclass(slots=True)
class Causes:
    """Reads what stands in an argument; `filled` are the parameters that events fill so far."""

    flow: Flow
    arguments: Arguments
    argument: str
    filled: set[str] = field(default_factory=set)

    def event(self, value: Value) -> Event | None:
        """The event, None if it is wrong; an empty mapping may mean all parameters."""
        match value:
            case str() | NamespacedEvent():
                return self._event(value, {})
            case Mapping() if value.get("name") is not None:
                self._check_keys("an event", value, _EVENT_KEYS)
                return self._event(value["name"], self._filling(value.get("parameters")))
            case Unknown():
                self._unknown(value)
            case Mapping():
                self._malformed("the event", "has no `name`", 'give it one: `"name": …`')
            case _:
                self._malformed(shown(value), "is no event", _EVENT_HINT)
        return None

    def flow_end(self, value: Value) -> FlowEnd | None:
        """The flow whose runs are waited for; None if it is wrong."""
        match value:
            case str() if value.count(".") != 1:
                project, _, rest = value.partition(".") if "." in value else ("", "", value)
                branch, _, name = rest.rpartition(".")
                return self._flow_end(name, project, branch)
            case Mapping() if value.get("name") is not None:
                self._check_keys("a flow", value, _FLOW_KEYS)
                return self._flow_of(value)
            case Unknown():
                self._unknown(value)
            case str():
                why = "names a project without a branch, or a branch without a project"
                self._malformed(shown(value), why, _FLOW_HINT)
            case Mapping():
                self._malformed("the flow", "has no `name`", 'give it one: `"name": …`')
            case _:
                self._malformed(shown(value), "is no flow", _FLOW_HINT)
        return None

    @property
    def _here(self) -> Decorator:
        return self.arguments.decorator.at(self.argument)

    def _unknown(self, unknown: Unknown) -> None:
        self.arguments.unknown(self.argument, unknown)

    def _found(self, diagnostic: Diagnostic) -> None:
        self.arguments.found(diagnostic)

    def _malformed(self, given: str, why: str, hint: str) -> None:
        self._found(problems.malformed_cause(self._here, given, why, hint))

    def _check_keys(self, owner: str, given: Mapping[str, Value], known: Sequence[str]) -> None:
        for key in given:
            if key not in known:
                self._found(problems.unknown_key(self._here, owner, key, known))

    def _event(self, name: Value, parameters: Mapping[str, str]) -> Event | None:
        match name:
            case str() if self._is_named(_EVENT, "an event", name, _EVENT_LETTERS):
                return Event(name, parameters)
            case NamespacedEvent(name=text):
                return Event(text, parameters, namespaced=True)
            case Unknown():
                self._unknown(name)
            case str():
                pass
            case _:
                self._malformed(shown(name), "is no name of an event", "give a text")
        return None

    def _is_named(self, pattern: re.Pattern[str], what: str, name: str, letters: str) -> bool:
        fits = pattern.fullmatch(name) is not None
        if not fits:
            self._found(problems.invalid_cause_name(self._here, what, shown(name), letters))
        return fits

    def _filling(self, given: Value) -> dict[str, str]:
        """The flow's parameters that the event fills, each with its field of the event."""
        known = {parameter.name.lower(): parameter.name for parameter in self.flow.parameters}
        parameters: dict[str, str] = {}
        for word, source in self._pairs(given):
            name = known.get(word.lower())
            if name is None:
                near = (*get_close_matches(word, known.values(), 1), "")[0]
                names = tuple(known.values())
                self._found(problems.unknown_parameter(self._here, word, near, names))
            elif name in self.filled:
                self._found(problems.filled_twice(self._here, name))
            elif self._is_named(_WORD, "a field of an event", source, _WORD_LETTERS):
                self.filled.add(name)
                parameters[name] = source
        return parameters

    def _pairs(self, given: Value) -> Iterator[tuple[str, str]]:
        match given:
            case None:
                return
            case Unknown():
                self._unknown(given)
            case Mapping():
                for name, source in given.items():
                    yield from self._pair(name, source)
            case tuple():
                for each in given:
                    pair = each if isinstance(each, tuple) and len(each) == 2 else (each, each)
                    yield from self._pair(*pair)
            case _:
                self._malformed(shown(given), "are no parameters of an event", _MAPPING_HINT)

    def _pair(self, name: Value, source: Value) -> Iterator[tuple[str, str]]:
        for each in (name, source):
            if isinstance(each, Unknown):
                self._unknown(each)
                return
        if isinstance(name, str) and isinstance(source, str):
            yield name, source
        else:
            pair = shown(name) if name is source else f"{shown(name)}: {shown(source)}"
            self._malformed(pair, "fills no parameter", _MAPPING_HINT)

    def _flow_of(self, given: Mapping[str, Value]) -> FlowEnd | None:
        texts: list[str] = []
        for key in _FLOW_KEYS:
            match given.get(key):
                case str() as text:
                    texts.append(text)
                case None:
                    texts.append("")
                case Unknown() as unknown:
                    self._unknown(unknown)
                case other:
                    self._malformed(f"`{key}`", f"is {shown(other)}, which is no text", _FLOW_HINT)
        return self._flow_end(*texts) if len(texts) == len(_FLOW_KEYS) else None

    def _flow_end(self, name: str, project: str, branch: str) -> FlowEnd | None:
        if not self._is_named(_WORD, "a flow", name, _WORD_LETTERS):
            return None
        in_project = any(decorator.core == "project" for decorator in self.flow.decorators)
        if bool(project) != bool(branch) and not in_project:
            words = ("project", "project_branch") if project else ("project_branch", "project")
            self._found(problems.incomplete_project(self._here, name, *words))
        return FlowEnd(name, project, branch)
