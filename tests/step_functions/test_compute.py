"""What runs steps on AWS: what it gets, and what it has to say against flows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from argo.flows import LINEAR
from step_functions.test_definitions import OPTIONS, compiled
from step_functions.test_problems import found_in, job_of, state_of, with_step

from flowc.diagnostics import Severity
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute, Tmpfs
from flowc.ir.flow import Policy
from flowc.targets import get_target
from flowc.targets.fargate import SIZES, Size, size_of
from flowc.targets.target import AwsCompute, AwsOptions, CodePackage, CompileOptions

if TYPE_CHECKING:
    from flowc.ir.flow import Flow

ROLE = "arn:aws:iam::123456789012:role/execution"
FARGATE = replace(
    OPTIONS,
    aws=AwsOptions("train", execution_role=ROLE, compute=AwsCompute.BATCH_FARGATE),
)
ECS = replace(
    OPTIONS,
    aws=AwsOptions(
        job_role="arn:aws:iam::123456789012:role/job",
        execution_role=ROLE,
        compute=AwsCompute.ECS,
        cluster="train",
        subnets=("subnet-1", "subnet-2"),
    ),
)
SMALL = Compute(cpu=1, memory_mb=2048)


def told(flow: Flow, options: CompileOptions) -> list[str]:
    _, diagnostics = get_target("step-functions").emit(flow, options)
    return [f"{each.code} {each.message}" for each in diagnostics]


def task_of(flow: Flow, options: CompileOptions = ECS) -> dict[str, Any]:
    """The task definition of the start step."""
    found: dict[str, Any] = compiled(flow, options).documents[0]["taskDefinitions"][0]
    return found


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((0.1, 100), Size(0.25, 512)),
        ((0.25, 1025), Size(0.25, 2048)),
        ((0.25, 2049), Size(0.5, 3072)),
        ((1, 4096), Size(1, 4096)),
        ((1, 9000), Size(2, 9216)),
        ((3, 1024), Size(4, 8192)),
        ((5, 17000), Size(8, 20480)),
        ((16, 122880), Size(16, 122880)),
        ((17, 1024), None),
        ((1, 122881), None),
    ],
)
def test_fargate_gives_the_next_size_that_it_has(
    asked: tuple[float, int], given: Size | None
) -> None:
    cpu, memory = asked

    assert size_of(Compute(cpu=cpu, memory_mb=memory)) == given


def test_the_sizes_of_fargate_come_smallest_first() -> None:
    assert list(SIZES) == sorted(SIZES)
    assert len(SIZES) == 3 + 4 + 7 + 13 + 23 + 12 + 12


def test_a_job_on_fargate_has_what_only_fargate_has() -> None:
    batch = BatchJob(ephemeral_storage=100, efs_volumes=("fs-1",))
    flow = with_step(compute=Compute(cpu=0.5, memory_mb=4096), batch=batch)

    job = compiled(flow, FARGATE).documents[0]["jobDefinitions"][0]

    assert job["platformCapabilities"] == ["FARGATE"]
    container = job["containerProperties"]
    assert container["resourceRequirements"] == [
        {"type": "VCPU", "value": "0.5"},
        {"type": "MEMORY", "value": "4096"},
    ]
    assert container["networkConfiguration"] == {"assignPublicIp": "ENABLED"}
    assert container["executionRoleArn"] == ROLE
    assert container["ephemeralStorage"] == {"sizeInGiB": 100}
    assert container["volumes"][0]["efsVolumeConfiguration"]["fileSystemId"] == "fs-1"
    assert "linuxParameters" not in container


def test_containers_may_stay_off_the_internet() -> None:
    private = replace(FARGATE, aws=replace(FARGATE.aws, public_ip=False))
    task = replace(ECS, aws=replace(ECS.aws, public_ip=False))

    (job, *_) = compiled(LINEAR, private).documents[0]["jobDefinitions"]
    state = compiled(LINEAR, task).documents[0]["stateMachine"]["definition"]["States"]["start"]

    assert job["containerProperties"]["networkConfiguration"] == {"assignPublicIp": "DISABLED"}
    assert state["Arguments"]["NetworkConfiguration"]["AwsvpcConfiguration"] == {
        "Subnets": ["subnet-1", "subnet-2"],
        "AssignPublicIp": "DISABLED",
    }


def test_a_task_of_ecs_is_told_little_and_has_the_rest_in_its_definition() -> None:
    batch = BatchJob(ephemeral_storage=30, efs_volumes=("fs-1:/in",), aws_batch_tags={"a": "b"})
    flow = with_step(compute=SMALL, batch=batch, environment={"A": "1"})
    options = replace(ECS, package=CodePackage("OneFlow/p.tar.gz", "a" * 64))

    task = task_of(flow, options)
    machine = compiled(flow, options).documents[0]["stateMachine"]["definition"]

    assert (task["cpu"], task["memory"]) == ("1024", "2048")
    assert task["ephemeralStorage"] == {"sizeInGiB": 30}
    assert task["tags"] == [{"key": "a", "value": "b"}]
    assert (task["taskRoleArn"], task["executionRoleArn"]) == (ECS.aws.job_role, ROLE)
    (container,) = task["containerDefinitions"]
    assert container["entryPoint"][-4:] == ["--key", "OneFlow/p.tar.gz", "--sha256", "a" * 64]
    assert {"name": "A", "value": "1"} in container["environment"]
    assert container["mountPoints"] == [{"sourceVolume": "efs_fs-1", "containerPath": "/in"}]
    assert container["logConfiguration"]["options"]["awslogs-group"] == "/flowc/OneFlow"
    (override,) = machine["States"]["start"]["Arguments"]["Overrides"]["ContainerOverrides"]
    assert override == {
        "Name": container["name"],
        "Command": [
            *("step", "start", "--run", "{% $states.input.run.id %}"),
            *("--path", "{% $states.input.path %}"),
            *("--attempt", "{% $string($states.context.State.RetryCount) %}"),
        ],
        "Environment": "{% $states.input.run.environment %}",
    }


def test_a_step_may_name_its_python() -> None:
    flow = with_step(compute=SMALL, batch=BatchJob(executable="/opt/python"))

    assert job_of(flow)["containerProperties"]["command"][:2] == ["/opt/python", "-m"]
    assert task_of(flow)["containerDefinitions"][0]["entryPoint"][:2] == ["/opt/python", "-m"]


def test_a_task_of_ecs_has_time_to_start() -> None:
    flow = with_step(compute=SMALL, policy=Policy(timeout=30))

    state = compiled(flow, ECS).documents[0]["stateMachine"]["definition"]["States"]["start"]

    assert state["TimeoutSeconds"] == 30 + 60 + 600


def test_batch_ends_no_job_before_its_least() -> None:
    job = job_of(with_step(policy=Policy(timeout=1)))

    assert job["timeout"]["attemptDurationSeconds"] >= 60
    assert "TimeoutSeconds" not in state_of(with_step(policy=Policy(timeout=1)), "start")


def test_plain_steps_are_fine_everywhere() -> None:
    assert found_in(LINEAR, FARGATE) == []
    assert found_in(LINEAR, ECS) == []


@pytest.mark.parametrize("options", [FARGATE, ECS])
@pytest.mark.parametrize(
    ("compute", "batch", "named"),
    [
        (Compute(gpu=1), BatchJob(), "gpu"),
        (Compute(shared_memory_mib=64), BatchJob(), "shared_memory"),
        (Compute(tmpfs=Tmpfs("/t", 1)), BatchJob(), "use_tmpfs"),
        (Compute(), BatchJob(trainium=1), "inferentia"),
        (Compute(), BatchJob(efa=1), "efa"),
        (Compute(), BatchJob(max_swap=0), "max_swap"),
        (Compute(), BatchJob(host_volumes=("/data",)), "host_volumes"),
        (Compute(), BatchJob(privileged=True), "privileged"),
        (Compute(cpu=32), BatchJob(), "32 vCPU"),
    ],
)
def test_what_fargate_lacks_is_an_error(
    options: CompileOptions, compute: Compute, batch: BatchJob, named: str
) -> None:
    (found,) = told(with_step(compute=compute, batch=batch), options)

    assert found.startswith(f"FC651 step `start` asks for `{named}")
    assert not [
        each for each in told(with_step(compute=compute, batch=batch), OPTIONS) if "51" in each
    ]


def test_a_log_driver_that_fargate_lacks_is_an_error() -> None:
    def logged(driver: str) -> Flow:
        return with_step(compute=SMALL, batch=BatchJob(log_driver=driver))

    for options in (FARGATE, ECS):
        for lacked in ("fluentd", "awsfirelens"):
            message = f"FC658 step `start` asks for the log driver `{lacked}`, which Fargate lacks"
            assert told(logged(lacked), options) == [message]
        for driver in ("", "awslogs", "splunk"):
            assert told(logged(driver), options) == []
    assert told(logged("fluentd"), OPTIONS) == []


def test_a_size_that_is_rounded_up_is_told() -> None:
    odd = with_step(compute=Compute(cpu=1.5, memory_mb=1000))

    assert told(odd, OPTIONS) == [
        (
            "FC652 step `start` asks for 1.5 vCPU with 1,000 MiB, "
            "and AWS gives it 2 vCPU with 1,000 MiB"
        )
    ]
    assert told(odd, FARGATE) == [
        (
            "FC652 step `start` asks for 1.5 vCPU with 1,000 MiB, "
            "and AWS gives it 2 vCPU with 4,096 MiB"
        )
    ]
    assert found_in(odd) == [("FC652", Severity.WARNING)]


def test_ecs_needs_a_cluster_and_subnets_but_no_queue() -> None:
    bare = replace(ECS, aws=AwsOptions(compute=AwsCompute.ECS, execution_role=ROLE))

    assert told(LINEAR, bare) == ["FC654 ECS needs `--cluster` and `--subnets`"]


def test_fargate_wants_an_execution_role_of_someone() -> None:
    without = replace(FARGATE, aws=replace(FARGATE.aws, execution_role=""))
    own = replace(
        LINEAR,
        steps={
            name: replace(step, batch=BatchJob(execution_role=ROLE))
            for name, step in LINEAR.steps.items()
        },
    )

    assert found_in(LINEAR, without) == [("FC655", Severity.WARNING)]
    assert found_in(own, without) == []
    assert found_in(LINEAR, OPTIONS) == []


def test_what_means_nothing_to_a_service_is_told() -> None:
    disk = with_step(batch=BatchJob(ephemeral_storage=30))
    queue = with_step(batch=BatchJob(queue="gpus"))

    assert told(disk, OPTIONS) == [
        "FC656 `ephemeral_storage` of step `start` has no effect on AWS Batch on EC2"
    ]
    assert "ephemeralStorage" not in job_of(disk)["containerProperties"]
    assert told(disk, FARGATE) == []
    assert told(queue, ECS) == ["FC656 `queue` of step `start` has no effect on ECS"]


@pytest.mark.parametrize(("options", "most"), [(OPTIONS, 24 * 1024), (ECS, 64 * 1024)])
def test_a_definition_may_be_too_large(options: CompileOptions, most: int) -> None:
    large = with_step(environment={"RULES": "x" * most})
    fitting = with_step(environment={"RULES": "x" * (most - 2000)})

    (found,) = told(large, options)

    assert found.startswith("FC650 the definition of `start` has ")
    assert found.endswith(f"and AWS takes {most:,}")
    assert told(fitting, options) == []


@pytest.mark.parametrize("options", [OPTIONS, FARGATE, ECS])
def test_names_of_jobs_and_definitions_begin_with_a_letter(options: CompileOptions) -> None:
    document = compiled(replace(LINEAR, name="_TrainFlow"), options).documents[0]

    text = json.dumps(document)
    assert '"flow_TrainFlow-' in text
    assert "definition/flow_TrainFlow-*" in text
    assert not re.search(r'["/]_TrainFlow-', text.replace("\\", ""))
