"""Pipelines as objects of Kubernetes, and what they are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from argo.flows import LINEAR
from kubeflow.emitted import emitted, one_step

from flowc.ir.compute import Compute
from flowc.ir.flow import Policy
from flowc.ir.project import Project
from flowc.targets import get_target

PROJECT = replace(LINEAR, project=Project("ml", LINEAR.span, branch="fast"))


def test_a_version_holds_the_pipeline_and_its_platform() -> None:
    flow = one_step(policy=Policy(timeout=1))
    pipeline, platform = emitted(flow)

    owner, version = emitted(flow, format="k8s")

    assert (owner["kind"], owner["metadata"]["name"]) == ("Pipeline", "one-flow")
    assert version["kind"] == "PipelineVersion"
    assert version["spec"]["pipelineName"] == "one-flow"
    assert version["spec"]["pipelineSpec"] == pipeline
    assert version["spec"]["platformSpec"] == platform
    assert {each["apiVersion"] for each in (owner, version)} == {"pipelines.kubeflow.org/v2beta1"}


def named(cpu: float, **options: Any) -> str:
    _, version = emitted(one_step(compute=Compute(cpu=cpu)), format="k8s", **options)
    return str(version["metadata"]["name"])


def test_versions_are_named_by_what_they_hold() -> None:
    assert named(1) == named(1)
    assert named(1) != named(2)
    assert named(1).startswith("one-flow-")
    assert named(1, name="other").startswith("other-")


def test_a_project_s_flow_is_called_after_its_branch() -> None:
    assert emitted(PROJECT)[0]["pipelineInfo"]["name"] == "ml--test--fast--linear-flow"
    assert get_target("kubeflow").deployment_name(PROJECT) == "ml--test--fast--linear-flow"


def test_tags_say_whose_a_pipeline_is() -> None:
    objects = emitted(PROJECT, format="k8s", tags={"team": "a"})

    assert [each["spec"]["tags"] for each in objects] == [
        {
            "flowc-flow": "LinearFlow",
            "flowc-project": "ml",
            "flowc-branch": "test.fast",
            "team": "a",
        }
    ] * 2
