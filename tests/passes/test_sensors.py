"""What a flow waits for on Airflow, and what is wrong with it."""

from __future__ import annotations

import pytest
from passes.flows import codes, decorated

from flowc.diagnostics import Span
from flowc.ir.sensors import ExternalTaskSensor, Polling, S3KeySensor, Sensor

HERE = Span("flow.py")


def sensor(decorator: str) -> Sensor:
    flow, found = decorated(decorator)
    assert found == []
    (sensor,) = flow.sensors
    assert sensor.span.line == 4
    return sensor


def test_what_is_left_out_is_as_metaflow_has_it() -> None:
    task = sensor("@airflow_external_task_sensor(external_dag_id='a')")
    key = sensor("@airflow_s3_key_sensor(bucket_key='a')")

    assert task == ExternalTaskSensor(task.span, Polling(), "a")
    assert key == S3KeySensor(key.span, Polling(), ("a",))


POLLING = (
    "timeout=60, poke_interval=1.5, mode='poke', exponential_backoff=False, pool='p',"
    " soft_fail=True, name='n', description='d'"
)


def test_every_argument_of_a_task_sensor_is_read() -> None:
    found = sensor(
        f"@airflow_external_task_sensor({POLLING}, external_dag_id='a',"
        " external_task_ids=['b', 'c'], allowed_states=['success', 'skipped'],"
        " failed_states='failed', execution_delta=timedelta(hours=1, minutes=30),"
        " check_existence=False)"
    )

    assert found == ExternalTaskSensor(
        found.span,
        Polling(60, 1.5, "poke", False, "p", True, "n", "d"),
        external_dag_id="a",
        external_task_ids=("b", "c"),
        allowed_states=("success", "skipped"),
        failed_states=("failed",),
        execution_delta=5400,
        check_existence=False,
    )


def test_every_argument_of_a_key_sensor_is_read() -> None:
    found = sensor(
        f"@airflow_s3_key_sensor({POLLING}, bucket_key=['a', 'b'], bucket_name='c',"
        " wildcard_match=True, aws_conn_id='d', verify='/ca.pem')"
    )

    assert found == S3KeySensor(
        found.span,
        Polling(60, 1.5, "poke", False, "p", True, "n", "d"),
        bucket_key=("a", "b"),
        bucket_name="c",
        wildcard_match=True,
        aws_conn_id="d",
        verify="/ca.pem",
    )


DELTAS = {
    "timedelta(1)": 86400,
    "timedelta(days=-1, seconds=1)": -86399,
    "timedelta(minutes=HALF)": 1800,
    "None": None,
}


@pytest.mark.parametrize("delta", DELTAS)
def test_time_differences_are_read(delta: str) -> None:
    above = "HALF = 30"
    decorator = f"@airflow_external_task_sensor(external_dag_id='a', execution_delta={delta})"
    flow, found = decorated(decorator, above)

    assert found == []
    assert isinstance(flow.sensors[0], ExternalTaskSensor)
    assert flow.sensors[0].execution_delta == DELTAS[delta]


def test_several_stand_in_order() -> None:
    keys = "\n".join(f"@airflow_s3_key_sensor(bucket_key='{key}')" for key in "abc")
    flow, found = decorated(f"{keys}\n@airflow_external_task_sensor(external_dag_id='d')")

    assert found == []
    assert [type(each).__name__ for each in flow.sensors] == [
        *["S3KeySensor"] * 3,
        "ExternalTaskSensor",
    ]
    assert [each.span.line for each in flow.sensors] == [4, 5, 6, 7]


WRONG = {
    "@airflow_external_task_sensor": ["FC344"],
    "@airflow_external_task_sensor(external_dag_id=None)": ["FC344"],
    "@airflow_external_task_sensor(external_dag_id=3)": ["FC301"],
    "@airflow_external_task_sensor(external_dag_id=make())": ["FC401"],
    "@airflow_external_task_sensor(external_dag_id='a', external_task_ids='b')": ["FC301"],
    "@airflow_external_task_sensor(external_dag_id='a', allowed_states='done')": ["FC301"],
    "@airflow_external_task_sensor(external_dag_id='a', allowed_states=['done'])": ["FC301"],
    "@airflow_external_task_sensor(external_dag_id='a', execution_delta=3)": ["FC301"],
    "@airflow_external_task_sensor(external_dag_id='a', execution_delta=make())": ["FC401"],
    "@airflow_external_task_sensor(external_dag_id='a', execution_delta=timedelta(years=1))": [
        "FC401"
    ],
    "@airflow_external_task_sensor(external_dag_id='a', execution_date_fn=make)": ["FC302"],
    "@airflow_s3_key_sensor": ["FC344"],
    "@airflow_s3_key_sensor(bucket_key=3)": ["FC301"],
    "@airflow_s3_key_sensor(bucket_key=['a', 3])": ["FC301"],
    "@airflow_s3_key_sensor(bucket_key='a', mode='wait')": ["FC301"],
    "@airflow_s3_key_sensor(bucket_key='a', timeout='long')": ["FC301"],
    "@airflow_s3_key_sensor(bucket_key='a', timeout=-1)": ["FC301"],
    "@airflow_s3_key_sensor(bucket_key='a', soft_fail='yes')": ["FC301"],
    "@airflow_s3_key_sensor(bucket_key='a', verify=3)": ["FC301"],
    "@airflow_s3_key_sensor(bucket_key='a', external_dag_id='a')": ["FC302"],
}


@pytest.mark.parametrize("decorator", WRONG)
def test_what_is_wrong_is_told(decorator: str) -> None:
    assert codes(decorator, "def make(): ...") == WRONG[decorator]
