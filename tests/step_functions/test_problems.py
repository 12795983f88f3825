"""What Step Functions has to say against flows, and what jobs get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from argo.flows import LINEAR, end, flow, linear
from step_functions.test_definitions import OPTIONS, compiled

from flowc.diagnostics import Severity, Span
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute, Tmpfs
from flowc.ir.flow import Catch, Decorator, Flow, Policy
from flowc.ir.region import Task
from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions


def found_in(flow: Flow, options: CompileOptions = OPTIONS) -> list[tuple[str, Severity]]:
    _, diagnostics = get_target("step-functions").emit(flow, options)
    return [(each.code, each.severity) for each in diagnostics]


def with_step(**fields: Any) -> Flow:
    return flow("OneFlow", (Task("start"), Task("end")), linear("start", "end", **fields), end())


def job_of(flow: Flow) -> dict[str, Any]:
    """The job definition of the start step."""
    found: dict[str, Any] = compiled(flow).documents[0]["jobDefinitions"][0]
    return found


def state_of(flow: Flow, name: str) -> dict[str, Any]:
    found: dict[str, Any] = compiled(flow).documents[0]["stateMachine"]["definition"]["States"]
    state: dict[str, Any] = found[name]
    return state


def test_a_plain_flow_is_fine() -> None:
    assert found_in(LINEAR) == []


@pytest.mark.parametrize("store", ["", "/flows", "file:///flows", "gs://bucket", "s3://"])
def test_only_a_bucket_will_do(store: str) -> None:
    assert found_in(LINEAR, replace(OPTIONS, store=store)) == [("FC640", Severity.ERROR)]


def test_image_and_queue_are_needed_unless_all_steps_name_them() -> None:
    bare = replace(OPTIONS, image="", aws=AwsOptions())
    own = replace(
        LINEAR,
        steps={
            name: replace(step, compute=Compute(image="i"), batch=BatchJob(queue="q"))
            for name, step in LINEAR.steps.items()
        },
    )

    assert [code for code, _ in found_in(LINEAR, bare)] == ["FC641", "FC642"]
    assert found_in(own, bare) == []


def test_what_has_no_effect_is_a_warning() -> None:
    sensor = Decorator("airflow_s3_key_sensor", {}, Span("flow.py"))

    assert found_in(replace(LINEAR, decorators=(sensor,))) == [("FC643", Severity.WARNING)]


def test_a_definition_may_be_too_large() -> None:
    names = [f"step_{number}" for number in range(2000)]
    steps = [linear(name, after) for name, after in zip(names, [*names[1:], "end"], strict=True)]
    body = tuple(Task(name) for name in [*names, "end"])

    large = flow("LargeFlow", body, *steps, end(), start=names[0])

    assert found_in(large) == [("FC740", Severity.ERROR)]


def test_steps_share_a_job_definition_unless_they_differ() -> None:
    alike = compiled(with_step()).documents[0]["jobDefinitions"]
    different = compiled(with_step(compute=Compute(cpu=2.5, memory_mb=512, gpu=1))).documents[0]

    assert len(alike) == 1
    assert [
        each["containerProperties"]["resourceRequirements"] for each in different["jobDefinitions"]
    ] == [
        [
            {"type": "VCPU", "value": "3"},
            {"type": "MEMORY", "value": "512"},
            {"type": "GPU", "value": "1"},
        ],
        [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "4096"}],
    ]


def test_a_job_gets_all_that_batch_can_give() -> None:
    compute = Compute(shared_memory_mib=64, tmpfs=Tmpfs("/scratch", 128))
    batch = BatchJob(
        iam_role="arn:aws:iam::1:role/own",
        host_volumes=("/data:/in", "/models"),
        efs_volumes=("fs-1:/shared",),
        max_swap=0,
        swappiness=0,
        trainium=1,
        log_driver="awslogs",
        log_options=("awslogs-group:jobs",),
        aws_batch_tags={"team": "ml"},
    )

    job = job_of(with_step(compute=compute, batch=batch, policy=Policy(timeout=30)))

    container = job["containerProperties"]
    assert container["jobRoleArn"] == "arn:aws:iam::1:role/own"
    assert container["linuxParameters"] == {
        "sharedMemorySize": 64,
        "maxSwap": 0,
        "swappiness": 0,
        "tmpfs": [{"containerPath": "/scratch", "size": 128, "mountOptions": ["defaults"]}],
        "devices": [
            {
                "hostPath": "/dev/neuron0",
                "containerPath": "/dev/neuron0",
                "permissions": ["READ", "WRITE"],
            }
        ],
    }
    assert {mount["containerPath"] for mount in container["mountPoints"]} == {
        *("/in", "/models", "/shared")
    }
    assert container["logConfiguration"]["options"] == {"awslogs-group": "jobs"}
    assert job["tags"] == {"team": "ml"}
    assert job["timeout"] == {"attemptDurationSeconds": 90}


def test_retries_wait_as_the_flow_says() -> None:
    state = state_of(with_step(policy=Policy(retries=3, retry_delay=120)), "start")

    assert state["Retry"][-1] == {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": 120,
        "BackoffRate": 1,
        "MaxAttempts": 3,
    }


def test_a_fallback_counts_what_has_really_run() -> None:
    caught = state_of(with_step(policy=Policy(retries=1, catch=Catch("failure"))), "start")

    assert caught["Arguments"]["Parameters"]["attempt"] == "auto"
    assert caught["Retry"][-1]["MaxAttempts"] == 2
