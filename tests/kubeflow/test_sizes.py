"""Pipelines grow with the flow, by no more for each step however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from argo.flows import end, flow, linear
from fixture_flows import NAMES, read
from kubeflow.compiled import compiled

from flowc.ir.region import Task

if TYPE_CHECKING:
    from flowc.ir.flow import Flow

# Etcd's limit for a request, and so that of an object of Kubernetes.
ETCD = 1536 * 1024


def long_flow(steps: int) -> Flow:
    names = [f"step_{number:03}" for number in range(steps)]
    each = [linear(name, after) for name, after in zip(names, [*names[1:], "end"], strict=True)]
    return flow("LongFlow", tuple(map(Task, [*names, "end"])), *each, end(), start=names[0])


def size(steps: int) -> int:
    return len(compiled(long_flow(steps)).text.encode())


def test_each_step_adds_the_same() -> None:
    sizes = [size(steps) for steps in (100, 200, 300, 500)]

    assert sizes[1] - sizes[0] == sizes[2] - sizes[1]
    assert sizes[3] - sizes[2] == 2 * (sizes[2] - sizes[1])


def test_a_plain_step_takes_less_than_two_kilobytes() -> None:
    assert size(101) - size(100) < 2000
    assert size(500) < ETCD


def test_a_round_more_of_a_loop_adds_no_steps() -> None:
    (document,) = compiled(read("multi_step_loop")).documents

    steps = [name for name in document["components"] if name.startswith("comp-step-")]

    assert len(steps) == len(read("multi_step_loop").steps)


@pytest.mark.parametrize("name", NAMES)
def test_yaml_has_no_anchors(name: str) -> None:
    text = compiled(read(name)).text
    events = list(yaml.parse(text))

    assert not any(getattr(event, "anchor", None) for event in events)
    assert not any(isinstance(event, yaml.AliasEvent) for event in events)
