"""A `self.next` that is not what the plan says, or that its values do not allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtime.conftest import Project

LINEAR = {"kind": "linear", "next": ["a"]}
SPLIT = {"kind": "split", "next": ["a", "b"]}
FOREACH = {"kind": "foreach", "next": ["a"], "artifact": "xs"}
GANG = {"kind": "gang", "next": ["a"]}
SWITCH = {"kind": "switch", "next": ["a", "b"], "artifact": "flag"}
END = {"kind": "end"}
CASES = "{1: self.a, 2: self.b}"


def run(project: Project, planned: dict[str, object], code: str) -> tuple[int, str]:
    others = "@step\ndef a(self): ...\n@step\ndef b(self): ...\n"
    source = f"@step\ndef start(self):\n    {code}\n{others}"
    project.linear(source, "start", "a", "b", **planned)
    done = project.step("start")
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    ("planned", "code", "message"),
    [
        (LINEAR, "pass", "to `a`, but self.next() was not called"),
        (LINEAR, "self.next(self.b)", "to `a`, but self.next() was called with `b`"),
        (LINEAR, "self.next(self.a, self.b)", "to `a`, but self.next() was called with `a`, `b`"),
        (
            LINEAR,
            "self.next(self.a); self.next(self.a)",
            "multiple self.next() calls detected in step `start`",
        ),
        (LINEAR, "self.next()", "to `a`, but self.next() was called with nothing"),
        (
            LINEAR,
            "self.next('a')",
            "passes 'a' to self.next(), which is not a step method of the flow",
        ),
        (LINEAR, f"self.next({CASES})", "a dictionary needs `condition=`"),
        (LINEAR, "self.next(self.a, over='xs')", "passes an unknown keyword argument `over`"),
        (
            LINEAR,
            "self.xs = [1]; self.next(self.a, foreach='xs')",
            "with `a` by a foreach over `xs`",
        ),
        (
            SPLIT,
            "self.next(self.b, self.a)",
            "to `a`, `b`, but self.next() was called with `b`, `a`",
        ),
        (
            FOREACH,
            "self.ys = [1]; self.next(self.a, foreach='ys')",
            "with `a` by a foreach over `ys`",
        ),
        (FOREACH, "self.next(self.a, foreach=['x'])", "the artifact's name must be a string"),
        (
            FOREACH,
            "self.next(self.a, foreach='xs', condition='x')",
            "combines condition and foreach",
        ),
        (GANG, "self.next(self.a)", "expected to transition to `a` by a gang"),
        (SWITCH, "self.next({}, condition='flag')", "a single, non-empty dictionary"),
        (
            SWITCH,
            "self.flag = 1; self.next({1: self.a}, condition='flag')",
            "called with `a` by a switch",
        ),
        (END, "self.next(self.a)", "step `start` is the last one and was expected to end the flow"),
    ],
)
def test_another_transition_than_planned_is_refused(
    project: Project, planned: dict[str, object], code: str, message: str
) -> None:
    code, told = run(project, planned, code)

    assert code == 64
    assert message in told
    assert "\n" not in told
    assert project.record("done", "start") is None


@pytest.mark.parametrize(
    ("planned", "code", "message"),
    [
        (FOREACH, "self.xs = []; self.next(self.a, foreach='xs')", "produced zero splits"),
        (
            FOREACH,
            "self.xs = None; self.next(self.a, foreach='xs')",
            "`self.xs` in step `start` is not iterable",
        ),
        (FOREACH, "self.xs = 3; self.next(self.a, foreach='xs')", "'int' object is not iterable"),
        (
            FOREACH,
            "self.next(self.a, foreach='xs')",
            "foreach variable `self.xs` in step `start` does not exist",
        ),
        (GANG, "self.next(self.a, num_parallel=0)", "num_parallel of step `start` is 0"),
        (
            SWITCH,
            f"self.flag = 3; self.next({CASES}, condition='flag')",
            "the value 3, which is not in the available cases: [1, 2]",
        ),
        (
            SWITCH,
            f"self.next({CASES}, condition='flag')",
            "condition variable `self.flag` in step `start` does not exist",
        ),
    ],
)
def test_values_that_do_not_allow_a_transition_fail_the_attempt(
    project: Project, planned: dict[str, object], code: str, message: str
) -> None:
    status, told = run(project, planned, code)

    assert status == 1
    assert message in told
    assert "flow.py" in told.splitlines()[1]
    assert told.count("Traceback") == 1
    assert "flowc/runtime" not in told


def test_a_graph_error_names_the_line(project: Project) -> None:
    _, told = run(project, LINEAR, "self.next(self.b)")

    assert told.startswith("flowc: flow.py:7: step `start`")


def test_a_step_without_a_transition_is_told_by_its_line(project: Project) -> None:
    _, told = run(project, {**LINEAR, "line": 5}, "pass")

    assert told.startswith("flowc: flow.py:5: step `start` was expected to transition to `a`")


def test_a_generator_is_no_artifact(project: Project) -> None:
    _, told = run(project, FOREACH, "self.xs = (x for x in 'ab'); self.next(self.a, foreach='xs')")

    assert told == (
        "flowc: artifact `xs` of type `builtins.generator` cannot be pickled: "
        "cannot pickle 'generator' object"
    )
