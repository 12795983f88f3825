"""What decorators ask for, as Metaflow means it."""

from __future__ import annotations

import pytest

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Catch, Compute, Policy, Step
from flowc.passes.apply_decorators import apply_decorators
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

HEAD = "from metaflow import *\n\nclass TestFlow(FlowSpec):\n"
TAIL = "\n    @step\n    def start(self):\n        pass\n"


def apply(*decorators: str) -> tuple[Step, list[Diagnostic]]:
    lines = "\n".join(f"    {decorator}" for decorator in decorators)
    flow, _ = parse_flow(Source("flow.py", HEAD + lines + TAIL))
    assert flow is not None
    flow, found = apply_decorators(flow)
    return flow.steps["start"], found


POLICIES = {
    "@retry": Policy(3, 120),
    "@retry()": Policy(3, 120),
    "@retry(times=1)": Policy(1, 120),
    "@retry(times='2')": Policy(2, 120),
    "@retry(times=0)": Policy(0, 120),
    "@retry(times=None)": Policy(3, 120),
    "@retry(minutes_between_retries=0)": Policy(3, 0),
    "@retry(minutes_between_retries=0.5)": Policy(3, 30),
    "@retry(minutes_between_retries='1.5')": Policy(3, 90),
    "@catch": Policy(catch=Catch()),
    "@catch(var='failure')": Policy(catch=Catch("failure")),
    "@catch(var=None, print_exception=False)": Policy(catch=Catch(print_exception=False)),
    "@timeout(seconds=5)": Policy(timeout=5),
    "@timeout(minutes=2)": Policy(timeout=120),
    "@timeout(hours=1, minutes=1, seconds=1)": Policy(timeout=3661),
    "@timeout(seconds='15', minutes=None)": Policy(timeout=15),
}


@pytest.mark.parametrize("decorator", POLICIES)
def test_policies(decorator: str) -> None:
    step, found = apply(decorator)

    assert step.policy == POLICIES[decorator]
    assert found == []


def test_a_policy_of_several_decorators_counts_its_attempts() -> None:
    step, found = apply("@catch(var='x')", "@retry(times=2)", "@timeout(seconds=9)")

    assert step.policy == Policy(2, 120, Catch("x"), 9)
    assert step.policy.attempts == 4
    assert found == []


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
}


@pytest.mark.parametrize("decorators", COMPUTES)
def test_the_most_of_what_is_asked_for_is_given(decorators: tuple[str, ...]) -> None:
    step, found = apply(*decorators)

    assert step.compute == COMPUTES[decorators]
    assert found == []


def test_the_environment_is_text() -> None:
    step, found = apply("@environment(vars={'A': 'a', 'B': 1, 'C': 0.5, 'D': '{{ x }}'})")

    assert step.environment == {"A": "a", "B": "1", "C": "0.5", "D": "{{ x }}"}
    assert found == []


UNKNOWN = {
    "@retry(times=TIMES)": "`times` of `@retry` is `TIMES`, which only running would tell",
    "@resources(cpu=cpus())": "`cpu` of `@resources` is `cpus()`, which only running would tell",
    "@timeout(seconds=2 * T)": "`seconds` of `@timeout` is `2 * T`, which only running would tell",
    "@kubernetes(image=HERE)": "`image` of `@kubernetes` is `HERE`, which only running would tell",
    "@catch(var=VAR)": "`var` of `@catch` is `VAR`, which only running would tell",
}


@pytest.mark.parametrize("decorator", UNKNOWN)
def test_what_only_running_would_tell_is_told_once(decorator: str) -> None:
    _, found = apply(decorator)

    assert [(each.code, each.message) for each in found] == [("FC401", UNKNOWN[decorator])]


@pytest.mark.parametrize(
    "decorator",
    [
        "@retry(times=-1)",
        "@retry(times=1.5)",
        "@retry(times=True)",
        "@retry(minutes_between_retries='soon')",
        "@timeout",
        "@timeout(seconds=0)",
        "@timeout(seconds=-5)",
        "@timeout(seconds=-5, minutes=1)",
        "@timeout(hours='x')",
        "@catch(var=1)",
        "@resources(cpu=-1)",
        "@resources(memory='1GB')",
        "@resources(memory='nan')",
        "@resources(gpu=1e999)",
        "@kubernetes(image=1)",
        "@environment(vars='A=b')",
        "@environment(vars={'A': None})",
    ],
)
def test_wrong_values_are_told_once(decorator: str) -> None:
    _, found = apply(decorator)

    assert [each.code for each in found] == ["FC301"]


def test_each_argument_without_effect_is_named() -> None:
    step, found = apply("@kubernetes(disk=1, tolerations=[], cpu=2)", "@resources(shared_memory=1)")

    assert step.compute == Compute(cpu=2)
    assert [(each.code, each.severity.value, each.message) for each in found] == [
        ("FC351", "warning", "`disk` of `@kubernetes` has no effect yet"),
        ("FC351", "warning", "`tolerations` of `@kubernetes` has no effect yet"),
        ("FC351", "warning", "`shared_memory` of `@resources` has no effect yet"),
    ]


def test_all_arguments_of_metaflow_are_known() -> None:
    plugins = pytest.importorskip("metaflow.plugins")
    known = ("retry", "catch", "timeout", "environment", "resources", "kubernetes", "batch")
    defaults = {each.name: each.defaults for each in plugins.STEP_DECORATORS if each.name in known}

    found = {name: apply(_with_all(name, defaults[name]))[1] for name in known}

    assert sorted(defaults) == sorted(known)
    assert {name: [d for d in each if d.code == "FC302"] for name, each in found.items()} == {
        name: [] for name in known
    }


def _with_all(name: str, arguments: dict[str, object]) -> str:
    return f"@{name}({', '.join(f'{argument}=None' for argument in arguments)})"
