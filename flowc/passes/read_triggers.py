"""Reads `@trigger` and `@trigger_on_finish`: which events and flows start a flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flowc.diagnostics import Diagnostic
from flowc.ir.events import Cause, Event, Trigger, event_name
from flowc.ir.flow import Decorator, Flow, Unknown, Value
from flowc.passes import trigger_problems as problems
from flowc.passes.flow_arguments import Arguments, named
from flowc.passes.read_causes import Causes

if TYPE_CHECKING:
    from flowc.ir.cron import Schedule

_RESET = "a dictionary with the text of a `cron`, and perhaps a `timezone`"


def read_triggers(flow: Flow) -> tuple[tuple[Trigger, ...], list[Diagnostic]]:
    """What starts the flow, a trigger for each decorator, and what is wrong with them."""
    readings = [_Reading(flow, each) for each in named(flow, "trigger", "trigger_on_finish")]
    triggers = tuple(trigger for reading in readings if (trigger := reading.trigger()))
    return triggers, [found for reading in readings for found in reading.arguments.diagnostics]


class _Reading:
    """One decorator."""

    def __init__(self, flow: Flow, decorator: Decorator) -> None:
        self.flow = flow
        self.decorator = decorator
        words = ("event", "events") if decorator.name == "trigger" else ("flow", "flows")
        self.one, self.several = words
        self.arguments = Arguments(decorator, (*words, "options"))

    def trigger(self) -> Trigger | None:
        causes = self._causes()
        reset = self._reset()
        return Trigger(causes, self.decorator.span, reset) if causes else None

    def _causes(self) -> tuple[Cause, ...]:
        one, several = (self.arguments.given(word) for word in (self.one, self.several))
        if one and several:
            here = self.decorator.at(self.several)
            self.arguments.found(problems.one_and_several(here, self.one, self.several))
        elif not one and not several:
            # One that is given without `event=` is told for that.
            if not self.decorator.positional:
                words = (self.one, self.several)
                self.arguments.found(problems.nothing_to_wait_for(self.decorator, words))
        elif one:
            return self._read(self.one, (one,))
        elif isinstance(several, tuple):
            return self._read(self.several, several)
        elif isinstance(several, Unknown):
            self.arguments.unknown(self.several, several)
        else:
            self.arguments.wrong(self.several, several, "a list")
        return ()

    def _read(self, argument: str, values: tuple[Value, ...]) -> tuple[Cause, ...]:
        causes = Causes(self.flow, self.arguments, argument)
        read = causes.event if self.one == "event" else causes.flow_end
        found = [cause for value in values if (cause := read(value))]
        names = [event_name(cause) for cause in found]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            here = self.decorator.at(argument)
            self.arguments.found(problems.same_cause_twice(here, name))
        complete = self._completed(found) if len(values) == 1 else tuple(found)
        for diagnostic in self._unfilled(complete) if found else ():
            self.arguments.found(diagnostic)
        return complete

    def _completed(self, causes: Sequence[Cause]) -> tuple[Cause, ...]:
        """A single event that fills nothing by name fills all parameters from fields so called."""
        match causes:
            case [Event(parameters=parameters) as event] if not parameters:
                names = [parameter.name for parameter in self.flow.parameters]
                return (replace(event, parameters={name: name.lower() for name in names}),)
            case _:
                return tuple(causes)

    def _unfilled(self, causes: Sequence[Cause]) -> Iterator[Diagnostic]:
        events = [cause for cause in causes if isinstance(cause, Event)]
        filled = {name for event in events for name in event.parameters}
        for parameter in self.flow.parameters:
            if parameter.required and parameter.default is None and parameter.name not in filled:
                yield problems.triggered_without_value(parameter, self.decorator)

    def _reset(self) -> Schedule | None:
        """The times at which what has happened so far is forgotten."""
        options = self.arguments.mapping("options", "a dictionary")
        self._check_keys("`options`", options, ("reset_at",))
        given = options.get("reset_at")
        if given is None:
            return None
        if not isinstance(given, Mapping) or not given.get("cron"):
            self.arguments.wrong("options", {"reset_at": given}, _RESET)
            return None
        # Calendars and time zones are loaded only where there is such a time.
        from flowc.passes.read_schedule import read_times  # noqa: PLC0415

        self._check_keys("`reset_at`", given, ("cron", "timezone"))
        times = {word: given[word] for word in ("cron", "timezone") if word in given}
        reset, found = read_times(replace(self.decorator.at("options"), arguments=times))
        self.arguments.diagnostics += found
        return reset

    def _check_keys(self, owner: str, given: Mapping[str, Value], known: Sequence[str]) -> None:
        for key in given:
            if key not in known:
                here = self.decorator.at("options")
                self.arguments.found(problems.unknown_key(here, owner, key, known))
