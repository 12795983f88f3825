"""What `@batch` asks for, as Metaflow and AWS take it."""

from __future__ import annotations

import pytest
from passes.applied import apply, told

from flowc.ir.batch_job import BatchJob

JOBS = {
    "queue='fast'": BatchJob(queue="fast"),
    "iam_role='arn:aws:iam::1:role/a', execution_role='b'": BatchJob(
        iam_role="arn:aws:iam::1:role/a", execution_role="b"
    ),
    "host_volumes='/data'": BatchJob(host_volumes=("/data",)),
    "host_volumes=['/a', '/b:/c']": BatchJob(host_volumes=("/a", "/b:/c")),
    "efs_volumes=['fs-1:/mnt']": BatchJob(efs_volumes=("fs-1:/mnt",)),
    "ephemeral_storage=21": BatchJob(ephemeral_storage=21),
    "ephemeral_storage=0": None,
    "privileged=True": BatchJob(privileged=True),
    "privileged=False": None,
    "max_swap=0, swappiness=0": BatchJob(max_swap=0, swappiness=0),
    "max_swap='512', swappiness='99'": BatchJob(max_swap=512, swappiness=99),
    "inferentia=1": BatchJob(inferentia=1),
    "trainium=2": BatchJob(trainium=2),
    "inferentia=None, trainium=2": BatchJob(trainium=2),
    "efa=1": BatchJob(efa=1),
    "log_driver='awslogs', log_options=['awslogs-group:jobs']": BatchJob(
        log_driver="awslogs", log_options=("awslogs-group:jobs",)
    ),
    "log_options='a:b,c'": BatchJob(log_options=("a:b,c",)),
    "aws_batch_tags={'team': 'ml', 'cost': 1}": BatchJob(
        aws_batch_tags={"team": "ml", "cost": "1"}
    ),
    "aws_batch_tags='team=ml'": BatchJob(aws_batch_tags={"team": "ml"}),
    "executable='python3'": BatchJob(executable="python3"),
    "cpu=1, image='a', shared_memory=1": None,
}


@pytest.mark.parametrize("arguments", JOBS)
def test_arguments_are_kept_in_the_words_of_batch(arguments: str) -> None:
    step, found = apply(f"@batch({arguments})")

    assert step.batch == JOBS[arguments]
    assert found == []


@pytest.mark.parametrize("arguments", ["inferentia=3", "trainium=3"])
def test_both_names_mean_the_same_devices(arguments: str) -> None:
    job = apply(f"@batch({arguments})")[0].batch

    assert job
    assert job.neuron_devices == 3


@pytest.mark.parametrize(
    ("arguments", "place", "expected"),
    [
        ("queue=1", "queue", "a string"),
        ("swappiness=100", "swappiness", "a whole number from 0 to 99"),
        ("max_swap=-1", "max_swap", "a whole number, zero or more"),
        ("ephemeral_storage=20", "ephemeral_storage", "a whole number from 21 to 200"),
        ("ephemeral_storage=201", "ephemeral_storage", "a whole number from 21 to 200"),
        ("efa='x'", "efa", "a whole number"),
        ("privileged='very'", "privileged", "`True` or `False`"),
        ("host_volumes={'a': 'b'}", "host_volumes", "a list of strings"),
        ("log_options=['verbose']", "log_options", "a list of texts such as"),
        ("aws_batch_tags={'aws:a': 'b'}", "aws_batch_tags", "keys not starting with `aws:`"),
        ("aws_batch_tags={'a': 'AWS:b'}", "aws_batch_tags['a']", "text not starting"),
        ("aws_batch_tags={'a': 'b!'}", "aws_batch_tags['a']", "text of at most 256"),
        ("aws_batch_tags={129 * 'a': 'b'}", "aws_batch_tags", "keys of at most 128"),
        ("aws_batch_tags=['a']", "aws_batch_tags", "a dictionary of strings"),
    ],
)
def test_what_aws_would_refuse_is_told(arguments: str, place: str, expected: str) -> None:
    ((code, message, hint),) = told(f"@batch({arguments})")

    assert code == "FC301"
    assert message.endswith(f" for `{place}`")
    assert hint.startswith(f"give `{place}` {expected}")


def test_one_device_is_not_asked_for_by_two_names() -> None:
    ((code, message, _),) = told("@batch(inferentia=1, trainium=1)")

    assert code == "FC352"
    assert message == "`@batch` is given both `inferentia` and `trainium`, which mean the same"
