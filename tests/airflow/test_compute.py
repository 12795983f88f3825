"""What whatever runs the steps on Airflow has to say against a flow."""

from __future__ import annotations

from typing import Any

import pytest
from argo.flows import end, flow, linear

from flowc.diagnostics import Diagnostic, Severity
from flowc.errors import UsageError
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute, Tmpfs
from flowc.ir.flow import Flow
from flowc.ir.pod import Pod
from flowc.ir.region import Task
from flowc.targets import get_target
from flowc.targets.target import AirflowCompute, AirflowOptions, CodePackage, CompileOptions

KUBERNETES, WORKER, DOCKER, BATCH = AirflowCompute
PACKAGE = CodePackage("OneFlow/code.tar.gz", "0" * 64)


def one_step(**fields: Any) -> Flow:
    body = (Task("start"), Task("end"))
    return flow("OneFlow", body, linear("start", "end", **fields), end())


def options(compute: AirflowCompute, **fields: Any) -> CompileOptions:
    given = {"image": "example/flows:1", "store": "s3://bucket/flows", **fields}
    return CompileOptions(airflow=AirflowOptions(compute), **given)


def diagnosed(flow: Flow, options: CompileOptions) -> list[Diagnostic]:
    return get_target("airflow").emit(flow, options)[1]


def told(flow: Flow, options: CompileOptions) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in diagnosed(flow, options)]


@pytest.mark.parametrize("compute", [KUBERNETES, DOCKER])
def test_an_image_that_lacks_the_code_is_warned_of(compute: AirflowCompute) -> None:
    (found,) = diagnosed(one_step(compute=Compute(image="a")), options(compute, image=""))

    assert (found.code, found.severity) == ("FC670", Severity.WARNING)
    assert found.message == (
        "no image is named for `end`: they would run `python:3.12-slim`, "
        "which holds neither flowc nor the flow's code"
    )


@pytest.mark.parametrize("compute", [KUBERNETES, DOCKER])
def test_a_bare_image_does_with_a_package_in_a_folder(compute: AirflowCompute) -> None:
    package = {"package": PACKAGE, "image": ""}

    assert told(one_step(), options(compute, store="/mnt/flows", **package)) == []
    ((code, message),) = told(one_step(), options(compute, **package))
    assert code == "FC670"
    assert message.endswith("which holds no client of the store")


def test_a_worker_needs_no_image() -> None:
    assert told(one_step(), options(WORKER, image="")) == []


@pytest.mark.parametrize("compute", [KUBERNETES, DOCKER])
def test_containers_cannot_share_a_relative_path(compute: AirflowCompute) -> None:
    assert [code for code, _ in told(one_step(), options(compute, store="runs"))] == ["FC672"]


EVERY_SIZE = Compute(2, 512, 1, "amd", "a", 100, 64, Tmpfs("/scratch", 32))


@pytest.mark.parametrize(
    ("compute", "size", "names"),
    [
        (KUBERNETES, EVERY_SIZE, ""),
        (DOCKER, EVERY_SIZE, "`disk` and `gpu` of step `start` have"),
        (DOCKER, Compute(2, 512, 1, "nvidia", "a"), ""),
        (WORKER, Compute(memory_mb=512), "`memory` of step `start` has"),
        (WORKER, EVERY_SIZE, "`cpu`, `memory`, `gpu` and 4 more of step `start` have"),
        (WORKER, Compute(), ""),
    ],
)
def test_sizes_that_a_step_does_not_get_are_told(
    compute: AirflowCompute, size: Compute, names: str
) -> None:
    found = told(one_step(compute=size), options(compute))

    places = {WORKER: "a worker", DOCKER: "Docker"}
    expected = [("FC671", f"{names} no effect on {places[compute]}")] if names else []
    assert found == expected


@pytest.mark.parametrize(
    ("compute", "fields", "names"),
    [
        (KUBERNETES, {"pod": Pod(namespace="a", labels={"a": "b"}, port=1)}, []),
        (KUBERNETES, {"pod": Pod(executable="a")}, ["`executable`"]),
        (KUBERNETES, {"batch": BatchJob(queue="a")}, ["`queue`"]),
        (DOCKER, {"pod": Pod(namespace="a"), "batch": BatchJob(efa=1)}, ["`efa`", "`namespace`"]),
        (WORKER, {"pod": Pod(secrets=("a",))}, ["`secrets`"]),
        (WORKER, {"pod": Pod(), "batch": BatchJob()}, []),
    ],
)
def test_what_other_engines_have_is_told(
    compute: AirflowCompute, fields: dict[str, Any], names: list[str]
) -> None:
    found = told(one_step(**fields), options(compute))

    assert [(code, message.partition(" of step ")[0]) for code, message in found] == [
        ("FC671", name) for name in names
    ]


@pytest.mark.parametrize("compute", [KUBERNETES, DOCKER])
def test_no_folder_is_mounted_twice(compute: AirflowCompute) -> None:
    size = Compute(tmpfs=Tmpfs("/mnt/flows/", 32))

    found = told(one_step(compute=size), options(compute, store="/mnt/flows"))

    assert [code for code, _ in found] == ["FC673"]
    assert found[0][1].startswith("`tmpfs_path` of `start` asks for a volume at `/mnt/flows/`")


@pytest.mark.parametrize("compute", [KUBERNETES, DOCKER, WORKER])
def test_a_plan_that_no_variable_holds_needs_a_package(compute: AirflowCompute) -> None:
    long = one_step(environment={"WORDS": "w" * 140_000})

    assert [code for code, _ in told(long, options(compute))] == ["FC674"]
    assert told(long, options(compute, package=PACKAGE)) == []


@pytest.mark.parametrize("compute", [WORKER, DOCKER])
def test_only_pods_are_waited_for_without_a_worker(compute: AirflowCompute) -> None:
    deferred = CompileOptions(airflow=AirflowOptions(compute, deferrable=True))

    with pytest.raises(UsageError, match=f"as long as a step with `{compute}`"):
        diagnosed(one_step(), deferred)


def test_jobs_of_aws_batch_are_refused() -> None:
    with pytest.raises(UsageError, match="`--target step-functions` runs them"):
        diagnosed(one_step(), options(BATCH))
