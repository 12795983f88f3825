"""What a DAG waits for before its flow starts; loaded for a flow with sensors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import assert_never

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.ir.sensors import ExternalTaskSensor, Polling, S3KeySensor, Sensor
from flowc.targets.airflow import start_problems as problems
from flowc.targets.airflow.policy import timedelta
from flowc.targets.airflow.python_text import Expression

_TASK_ID = re.compile(r"[A-Za-z0-9_.-]{1,250}")
_EXTERNAL_TASK = "airflow.providers.standard.sensors.external_task"
_S3 = "airflow.providers.amazon.aws.sensors.s3"


def check_sensors(flow: Flow) -> Iterator[Diagnostic]:
    """What Airflow makes of the sensors' names."""
    names = Counter(sensor.polling.name for sensor in flow.sensors)
    for sensor in flow.sensors:
        name = sensor.polling.name
        if name and (names[name] > 1 or name in flow.steps or not _TASK_ID.fullmatch(name)):
            yield problems.sensor_no_task_can_be(sensor.span, name)


def import_of(sensor: Sensor) -> str:
    """The statement that imports the operator of a sensor."""
    module = _EXTERNAL_TASK if isinstance(sensor, ExternalTaskSensor) else _S3
    return f"from {module} import {named(sensor)[1]}"


def named(sensor: Sensor) -> tuple[str, str]:
    """What a sensor's task is to be called, and its operator."""
    match sensor:
        case ExternalTaskSensor():
            return sensor.polling.name or "external_task", "ExternalTaskSensor"
        case S3KeySensor():
            return sensor.polling.name or "s3_key", "S3KeySensor"
        case _:
            assert_never(sensor)


def arguments_of(sensor: Sensor) -> Mapping[str, Expression]:
    """What the operator of a sensor is told."""
    match sensor:
        case ExternalTaskSensor():
            own = _of_external_task(sensor)
        case S3KeySensor():
            own = _of_key(sensor)
        case _:
            assert_never(sensor)
    told = {**own, **_of_polling(sensor.polling)}
    return {name: value for name, value in told.items() if value is not None}


def _of_external_task(sensor: ExternalTaskSensor) -> dict[str, Expression]:
    tasks, failed = sensor.external_task_ids, sensor.failed_states
    delta = sensor.execution_delta
    return {
        "external_dag_id": sensor.external_dag_id,
        "external_task_ids": list(tasks) if tasks else None,
        "allowed_states": list(sensor.allowed_states),
        "failed_states": list(failed) if failed else None,
        "execution_delta": timedelta(delta) if delta else None,
        "check_existence": sensor.check_existence,
    }


def _of_key(sensor: S3KeySensor) -> dict[str, Expression]:
    return {
        "bucket_key": list(sensor.bucket_key),
        "bucket_name": sensor.bucket_name,
        "wildcard_match": sensor.wildcard_match or None,
        "aws_conn_id": sensor.aws_conn_id,
        "verify": sensor.verify,
    }


def _of_polling(polling: Polling) -> dict[str, Expression]:
    return {
        "timeout": polling.timeout,
        "poke_interval": polling.poke_interval,
        "mode": polling.mode,
        "exponential_backoff": polling.exponential_backoff,
        "pool": polling.pool,
        "soft_fail": polling.soft_fail or None,
        "doc": polling.description,
    }
