"""Reads Metaflow's decorators for Airflow's sensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow, Value
from flowc.ir.references import TimeDifference
from flowc.ir.sensors import ExternalTaskSensor, Polling, S3KeySensor, Sensor
from flowc.passes import sensor_problems as problems
from flowc.passes.flow_arguments import Arguments, is_text, named

EXTERNAL_TASK = "airflow_external_task_sensor"
S3_KEY = "airflow_s3_key_sensor"

_STATES = (
    *("failed", "queued", "running", "shutdown", "skipped", "success"),
    *("up_for_reschedule", "up_for_retry", "upstream_failed"),
)
_MODES = ("poke", "reschedule")


def read_sensors(flow: Flow) -> tuple[tuple[Sensor, ...], list[Diagnostic]]:
    """The flow's sensors in order, and what is wrong with them."""
    readings = [_Reading(decorator) for decorator in named(flow, EXTERNAL_TASK, S3_KEY)]
    sensors = tuple(reading.sensor() for reading in readings)
    return sensors, [found for reading in readings for found in reading.arguments.diagnostics]


def _arguments_of(kind: type[ExternalTaskSensor | S3KeySensor]) -> list[str]:
    own = [each.name for each in fields(kind) if each.name not in {"span", "polling"}]
    return sorted([*own, *(each.name for each in fields(Polling))])


class _Reading:
    """One decorator; what it leaves out is as Metaflow has it."""

    def __init__(self, decorator: Decorator) -> None:
        kind = ExternalTaskSensor if decorator.name == EXTERNAL_TASK else S3KeySensor
        self.arguments = Arguments(decorator, _arguments_of(kind))

    def sensor(self) -> Sensor:
        decorator = self.arguments.decorator
        return self._external_task() if decorator.name == EXTERNAL_TASK else self._s3_key()

    def _external_task(self) -> ExternalTaskSensor:
        self._require("external_dag_id")
        return ExternalTaskSensor(
            span=self.arguments.decorator.span,
            polling=self._polling(),
            external_dag_id=self.arguments.text("external_dag_id", "the id of a DAG") or "",
            external_task_ids=self._texts("external_task_ids"),
            allowed_states=self._states("allowed_states") or ("success",),
            failed_states=self._states("failed_states"),
            execution_delta=self._difference("execution_delta"),
            check_existence=self._flag("check_existence", default=True),
        )

    def _s3_key(self) -> S3KeySensor:
        self._require("bucket_key")
        verify = self.arguments.value("verify", _is_verify, "`True`, `False` or a file's name")
        return S3KeySensor(
            span=self.arguments.decorator.span,
            polling=self._polling(),
            bucket_key=self._texts("bucket_key", single=True) or (),
            bucket_name=self.arguments.text("bucket_name"),
            wildcard_match=self._flag("wildcard_match", default=False),
            aws_conn_id=self.arguments.text("aws_conn_id"),
            verify=verify if isinstance(verify, bool | str) else None,
        )

    def _polling(self) -> Polling:
        plain = Polling()
        mode = self.arguments.value("mode", _is_mode, "`poke` or `reschedule`")
        return Polling(
            timeout=self._seconds("timeout", plain.timeout),
            poke_interval=self._seconds("poke_interval", plain.poke_interval),
            mode=str(mode or plain.mode),
            exponential_backoff=self._flag("exponential_backoff", default=True),
            pool=self.arguments.text("pool"),
            soft_fail=self._flag("soft_fail", default=False),
            name=self.arguments.text("name"),
            description=self.arguments.text("description"),
        )

    def _require(self, argument: str) -> None:
        # One that is given without its name is told for that.
        decorator = self.arguments.decorator
        if self.arguments.given(argument) is None and not decorator.positional:
            self.arguments.found(problems.missing_argument(decorator, argument))

    def _flag(self, argument: str, *, default: bool) -> bool:
        value = self.arguments.flag(argument)
        return default if value is None else value

    def _seconds(self, argument: str, default: float) -> float:
        value = self.arguments.value(argument, _is_seconds, "a number of seconds")
        return value if isinstance(value, int | float) else default

    def _texts(self, argument: str, *, single: bool = False) -> tuple[str, ...] | None:
        """The texts of a list; a text alone counts as one if `single` says so."""
        expected = "a text, or a list of texts" if single else "a list of texts"
        fits = _is_text_or_texts if single else _are_texts
        return _listed(self.arguments.value(argument, fits, expected))

    def _states(self, argument: str) -> tuple[str, ...] | None:
        expected = f"one of {', '.join(f'`{state}`' for state in _STATES)}, or a list of them"
        return _listed(self.arguments.value(argument, _are_states, expected))

    def _difference(self, argument: str) -> float | None:
        given = self.arguments.given(argument)
        if isinstance(given, TimeDifference):
            return given.seconds
        self.arguments.value(argument, lambda _: False, "a `timedelta`, as of `datetime`")
        return None


def _listed(value: Value) -> tuple[str, ...] | None:
    if value is None:
        return None
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _are_texts(value: Value) -> bool:
    return isinstance(value, tuple) and all(map(is_text, value))


def _is_text_or_texts(value: Value) -> bool:
    return is_text(value) or _are_texts(value)


def _are_states(value: Value) -> bool:
    words: Sequence[Value] = value if isinstance(value, tuple) else [value]
    return all(word in _STATES for word in words)


def _is_mode(value: Value) -> bool:
    return value in _MODES


def _is_seconds(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_verify(value: Value) -> bool:
    return isinstance(value, bool | str)
