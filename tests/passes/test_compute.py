"""What the container of a step gets where several decorators ask for it."""

from __future__ import annotations

import pytest
from passes.applied import apply

from flowc.ir.compute import Compute, Tmpfs

COMPUTES = {
    ("@retry",): Compute(),
    ("@resources",): Compute(cpu=1, memory_mb=4096),
    ("@resources(cpu=2, memory=500)",): Compute(cpu=2, memory_mb=500),
    ("@resources(cpu='0.5', memory='500')",): Compute(cpu=0.5, memory_mb=500),
    ("@resources(memory=100)",): Compute(memory_mb=100),
    ("@resources(gpu=2)",): Compute(gpu=2),
    ("@resources(cpu=None, gpu=None)",): Compute(),
    ("@kubernetes(cpu=4, image='a')", "@resources(cpu=2, memory=9000)"): Compute(
        cpu=4, memory_mb=9000, image="a"
    ),
    ("@resources(cpu=4)", "@kubernetes(cpu=2, gpu=1, gpu_vendor='amd')"): Compute(
        cpu=4, gpu=1, gpu_vendor="amd"
    ),
    ("@batch(cpu=8, image='b', memory=1)",): Compute(cpu=8, image="b", memory_mb=1),
    ("@kubernetes(image=None)",): Compute(),
    ("@resources(gpu=0)", "@kubernetes(gpu='0')"): Compute(),
    ("@resources(cpu=0.25, memory=64)", "@kubernetes"): Compute(cpu=0.25, memory_mb=64),
    ("@resources", "@kubernetes(cpu=0.5, memory=512.5)"): Compute(cpu=0.5, memory_mb=513),
    ("@resources(disk=9000)", "@kubernetes(disk=2000)"): Compute(disk_mb=9000),
    ("@kubernetes(disk='100')",): Compute(disk_mb=100),
    ("@resources(shared_memory=64)", "@batch(shared_memory='128')"): Compute(shared_memory_mib=128),
    ("@resources(shared_memory=0)",): Compute(),
    ("@batch(image='b')", "@kubernetes(image='k')"): Compute(image="k"),
    ("@batch(image='b')", "@kubernetes(image='')"): Compute(image="b"),
    ("@kubernetes(gpu=1, gpu_vendor='NVIDIA')",): Compute(gpu=1, gpu_vendor="nvidia"),
}


@pytest.mark.parametrize("decorators", COMPUTES)
def test_the_most_of_what_is_asked_for_is_given(decorators: tuple[str, ...]) -> None:
    step, found = apply(*decorators)

    assert step.compute == COMPUTES[decorators]
    assert found == []


TMPFS = {
    "@kubernetes(use_tmpfs=True)": Tmpfs("/metaflow_temp", 2048),
    "@batch(use_tmpfs='true', memory=1000)": Tmpfs("/metaflow_temp", 500),
    "@kubernetes(tmpfs_size=64)": Tmpfs("/metaflow_temp", 64),
    "@batch(tmpfs_size='64', tmpfs_path='/scratch')": Tmpfs("/scratch", 64),
    "@kubernetes(use_tmpfs=True, tmpfs_size=1, tmpfs_tempdir=False)": Tmpfs(
        "/metaflow_temp", 1, tempdir=False
    ),
    "@kubernetes(tmpfs_path='/scratch', tmpfs_size=0)": None,
    "@kubernetes(use_tmpfs=False)": None,
}


@pytest.mark.parametrize("decorator", TMPFS)
def test_a_folder_in_memory_takes_half_of_it_unless_told(decorator: str) -> None:
    step, found = apply(decorator)

    assert step.compute.tmpfs == TMPFS[decorator]
    assert found == []


@pytest.mark.parametrize(
    "decorator",
    [
        "@resources(cpu=-1)",
        "@resources(cpu=0)",
        "@resources(memory='1GB')",
        "@resources(memory='nan')",
        "@resources(gpu=1e999)",
        "@resources(gpu=0.5)",
        "@resources(memory=10**400)",
        "@kubernetes(image=1)",
        "@kubernetes(disk=0)",
        "@batch(shared_memory=1.5)",
        "@batch(tmpfs_path='scratch')",
        "@kubernetes(use_tmpfs='maybe')",
        "@kubernetes(gpu_vendor='intel')",
    ],
)
def test_wrong_sizes_are_told_once(decorator: str) -> None:
    step, found = apply(decorator)

    assert [each.code for each in found] == ["FC301"]
    assert step.compute == Compute()
