"""Definitions of state machines: valid, compact, and with everything in them that they need."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argo.drawn import drawn_flow
from cfnlint import ManualArgs, lint
from conftest import Golden
from hypothesis import HealthCheck, given, settings
from random_flows import Graph, flows
from step_functions.reference import validator_errors
from step_functions.references import reference_errors

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.step_functions.emit import compact
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from flowc.ir.flow import Flow
    from flowc.targets.target import Manifest

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
NAMES = sorted(file.parent.name for file in FLOWS.glob("*/flow.py"))
OPTIONS = CompileOptions(
    image="registry.example/flows:1",
    store="s3://bucket/flows",
    aws=AwsOptions("train", "arn:aws:iam::123456789012:role/job"),
)


def compiled(flow: Flow, options: CompileOptions = OPTIONS) -> Manifest:
    manifest, diagnostics = get_target("step-functions").emit(flow, options)
    assert manifest, diagnostics
    return manifest


def definition_of(manifest: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = manifest.documents[0]["stateMachine"]["definition"]
    return found


def read(name: str) -> Flow:
    reading = read_flow(str(FLOWS / name / "flow.py"))
    assert reading.flow, reading.diagnostics
    return reading.flow


@pytest.mark.parametrize("name", NAMES)
def test_definition_is_as_expected(name: str, golden: Golden) -> None:
    golden.check(FLOWS / name / "expected" / "step-functions.json", compiled(read(name)).text)


@pytest.mark.parametrize("max_workers", [10, 100])
@pytest.mark.parametrize("name", NAMES)
def test_definition_refers_to_nothing_missing(name: str, max_workers: int) -> None:
    options = replace(OPTIONS, max_workers=max_workers)

    assert reference_errors(definition_of(compiled(read(name), options))) == []


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(flows())
def test_random_definitions_refer_to_nothing_missing(graph: Graph) -> None:
    assert reference_errors(definition_of(compiled(drawn_flow(graph)))) == []


@pytest.mark.parametrize("max_workers", [10, 100])
def test_asl_validator_takes_them(max_workers: int) -> None:
    assert validator_errors(_definitions(max_workers, random=100)) == []


def test_asl_validator_takes_not_everything() -> None:
    definition = definition_of(compiled(read("foreach")))
    first = definition["States"][definition["StartAt"]]

    broken = {**definition, "States": {definition["StartAt"]: {**first, "Default": "nowhere"}}}

    found = validator_errors({"foreach": definition, "broken": broken})
    assert found
    assert all(error.startswith("broken: ") for error in found)


@pytest.mark.parametrize("max_workers", [10, 100])
def test_cloudformation_would_take_them(max_workers: int) -> None:
    role = "arn:aws:iam::123456789012:role/machine"
    definitions = _definitions(max_workers, random=10)
    machines = {
        f"Machine{number}": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"RoleArn": role, "Definition": definition},
        }
        for number, definition in enumerate(definitions.values())
    }
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": machines}

    found = lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"]))

    assert [f"{match.message} at {match.path}" for match in found] == []


def _definitions(max_workers: int, random: int) -> dict[str, dict[str, Any]]:
    """Those of all fixtures, and of so many random flows."""
    options = replace(OPTIONS, max_workers=max_workers)
    drawn = {f"drawn {number}": drawn_flow(graph) for number, graph in enumerate(_drawn(random))}
    everything = {**{name: read(name) for name in NAMES}, **drawn}
    return {name: definition_of(compiled(flow, options)) for name, flow in everything.items()}


def _drawn(count: int) -> list[Graph]:
    found: list[Graph] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(flows())
    def draw(graph: Graph) -> None:
        found.append(graph)

    draw()
    return found


def test_a_plain_step_takes_less_than_a_kilobyte() -> None:
    states = definition_of(compiled(read("linear")))["States"]

    assert all(len(compact({name: state})) <= 1000 for name, state in states.items())


def test_a_state_says_where_its_step_is_written() -> None:
    flow = read("linear")

    states = definition_of(compiled(flow))["States"]

    assert {step: states[step]["Comment"] for step in flow.steps} == {
        step.name: f"flow.py:{step.span.line}" for step in flow.steps.values()
    }
