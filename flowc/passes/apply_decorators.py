"""Turns the decorators of each step into its compute, policy and environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Catch, Compute, Decorator, Flow, Policy, Step, Unknown, Value
from flowc.passes import decorator_problems as problems
from flowc.passes.known_arguments import EFFECTIVE, WITHOUT_EFFECT

_RETRY_TIMES = 3
_RETRY_MINUTES = 2
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
_COMPUTE = ("cpu", "memory", "gpu")


def apply_decorators(flow: Flow) -> tuple[Flow, list[Diagnostic]]:
    """The flow, its steps with what their decorators ask for."""
    readings = [_Reading(step) for step in flow.steps.values()]
    steps = {reading.step.name: reading.applied() for reading in readings}
    found = [diagnostic for reading in readings for diagnostic in reading.diagnostics]
    return replace(flow, steps=steps), found


@dataclass(slots=True)
class _Reading:
    """One step's decorators; what is wrong with them is collected on the way."""

    step: Step
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def applied(self) -> Step:
        if not self.step.decorators:
            return self.step
        for decorator in self.step.decorators:
            self._check_names(decorator)
        policy = Policy(*self._retry(), catch=self._catch(), timeout=self._timeout())
        return replace(
            self.step, compute=self._compute(), policy=policy, environment=self._environment()
        )

    def _check_names(self, decorator: Decorator) -> None:
        effective = EFFECTIVE.get(decorator.core, ())
        without_effect = WITHOUT_EFFECT.get(decorator.core, ())
        known = sorted([*effective, *without_effect])
        for argument, value in decorator.arguments.items() if known else ():
            if argument not in known:
                self.diagnostics.append(problems.unknown_argument(decorator, argument, known))
            elif argument in without_effect and value is not None:
                self.diagnostics.append(problems.attribute_without_effect(decorator, argument))

    def _named(self, *names: str) -> list[Decorator]:
        return [decorator for decorator in self.step.decorators if decorator.core in names]

    def _retry(self) -> tuple[int, float]:
        """Retries, and the seconds between them."""
        for retry in self._named("retry"):
            times = self._number(retry, "times", whole=True)
            minutes = self._number(retry, "minutes_between_retries")
            return (
                int(_RETRY_TIMES if times is None else times),
                60 * (_RETRY_MINUTES if minutes is None else minutes),
            )
        return 0, 0

    def _catch(self) -> Catch | None:
        for catch in self._named("catch"):
            artifact = self._value(catch, "var", _is_name, "the name of an artifact")
            shown = catch.arguments.get("print_exception", True)
            return Catch(str(artifact or ""), print_exception=shown is not False)
        return None

    def _timeout(self) -> int | None:
        for timeout in self._named("timeout"):
            given = {unit: self._number(timeout, unit, whole=True) for unit in _SECONDS}
            if any(
                timeout.arguments.get(unit) is not None and given[unit] is None for unit in given
            ):
                return None
            seconds = sum(int(given[unit] or 0) * length for unit, length in _SECONDS.items())
            if seconds == 0:
                self._wrong(timeout, "seconds", "0", "a number of seconds, minutes or hours")
            return seconds or None
        return None

    def _environment(self) -> Mapping[str, str]:
        entries: dict[str, str] = {}
        for environment in reversed(self._named("environment")):
            given = self._value(environment, "vars", _is_mapping, "a dictionary of strings")
            if isinstance(given, Mapping):
                entries.update(self._variables(environment, given))
        return entries

    def _variables(self, decorator: Decorator, given: Mapping[str, Value]) -> dict[str, str]:
        for name, value in given.items():
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                self._wrong(decorator, f"vars[{name!r}]", _shown(value), "a string")
        return {name: str(value) for name, value in given.items()}

    def _compute(self) -> Compute:
        """What any of the decorators asks for; the most of it where several do."""
        asking = self._named("resources", "kubernetes", "batch")
        asked = {name: self._most(asking, name) for name in _COMPUTE}
        kubernetes = self._named("kubernetes")
        image = self._text(kubernetes, "image") or self._text(self._named("batch"), "image")
        vendor = self._text(kubernetes, "gpu_vendor")
        default = Compute()
        return Compute(
            cpu=default.cpu if asked["cpu"] is None else asked["cpu"],
            memory_mb=default.memory_mb if asked["memory"] is None else int(asked["memory"]),
            gpu=int(asked["gpu"] or 0),
            gpu_vendor=vendor or default.gpu_vendor,
            image=image,
        )

    def _most(self, decorators: Sequence[Decorator], argument: str) -> float | None:
        found = [self._number(decorator, argument) for decorator in decorators]
        return max((number for number in found if number is not None), default=None)

    def _text(self, decorators: Sequence[Decorator], argument: str) -> str:
        for decorator in decorators:
            return str(self._value(decorator, argument, _is_text, "a string") or "")
        return ""

    def _number(self, decorator: Decorator, argument: str, *, whole: bool = False) -> float | None:
        expected = "a whole number, zero or more" if whole else "a number, zero or more"
        value = self._value(decorator, argument, _is_whole if whole else _is_number, expected)
        return float(value) if isinstance(value, str | int | float) else None

    def _value(
        self, decorator: Decorator, argument: str, fits: Callable[[Value], bool], expected: str
    ) -> Value:
        """The argument's value; None, and perhaps a diagnostic, if there is no usable one."""
        value = decorator.arguments.get(argument)
        if isinstance(value, Unknown):
            self.diagnostics.append(problems.argument_not_static(decorator, argument, value))
            return None
        if value is not None and not fits(value):
            self._wrong(decorator, argument, _shown(value), expected)
            return None
        return value

    def _wrong(self, decorator: Decorator, argument: str, given: str, expected: str) -> None:
        self.diagnostics.append(problems.wrong_argument(decorator, argument, given, expected))


def _shown(value: Value) -> str:
    return value.text if isinstance(value, Unknown) else repr(value)


def _is_number(value: Value) -> bool:
    """Whether it is a number of zero or more; Metaflow also takes it as a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return 0 <= float(value) < float("inf")
    except ValueError:
        return False


def _is_whole(value: Value) -> bool:
    return _is_number(value) and isinstance(value, str | int | float) and float(value).is_integer()


def _is_text(value: Value) -> bool:
    return isinstance(value, str)


def _is_name(value: Value) -> bool:
    return isinstance(value, str) and value.isidentifier()


def _is_mapping(value: Value) -> bool:
    return isinstance(value, Mapping)
