"""What decorators ask for, as Metaflow means it."""

from __future__ import annotations

import pytest
from passes.applied import apply

from flowc.ir.flow import Catch, Policy

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
        "@catch(print_exception='perhaps')",
        "@environment(vars='A=b')",
        "@environment(vars={'A': None})",
    ],
)
def test_wrong_values_are_told_once(decorator: str) -> None:
    _, found = apply(decorator)

    assert [each.code for each in found] == ["FC301"]
