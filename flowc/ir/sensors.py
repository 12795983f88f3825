"""What an Airflow DAG waits for before the flow starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flowc.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Polling:
    """How a sensor looks again and again. Times are in seconds; the mode is poke or reschedule."""

    timeout: float = 3600
    poke_interval: float = 60
    mode: str = "reschedule"
    exponential_backoff: bool = True
    pool: str | None = None
    soft_fail: bool = False
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ExternalTaskSensor:
    """`@airflow_external_task_sensor`: waits for tasks of another DAG, or for all of it.

    `execution_delta` is how many seconds earlier the other DAG's logical date is.
    """

    span: Span
    polling: Polling
    external_dag_id: str
    external_task_ids: tuple[str, ...] | None = None
    allowed_states: tuple[str, ...] = ("success",)
    failed_states: tuple[str, ...] | None = None
    execution_delta: float | None = None
    check_existence: bool = True


@dataclass(frozen=True, slots=True)
class S3KeySensor:
    """`@airflow_s3_key_sensor`: waits for keys of a bucket.

    `verify` says whether certificates are checked, or names a file of authorities.
    """

    span: Span
    polling: Polling
    bucket_key: tuple[str, ...]
    bucket_name: str | None = None
    wildcard_match: bool = False
    aws_conn_id: str | None = None
    verify: bool | str | None = None


Sensor: TypeAlias = ExternalTaskSensor | S3KeySensor
