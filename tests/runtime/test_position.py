"""Paths, parents and control records, against an oracle that passes tokens along the steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from runtime.nestings import CASES, LAST_JOIN, Case, each, f, t, to

from flowc.runtime.errors import RefusalError
from flowc.runtime.plan import Plan
from flowc.runtime.position import Control, enclosing, normalize, parents

if TYPE_CHECKING:
    from runtime.tokens import Task


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_parents_are_those_that_sent_a_token(case: Case) -> None:
    records = case.records()

    found = {
        (step, path): parents(case.plan, step, path, lambda *task: records[task])
        for step, path in case.tokens.parents
    }

    assert found == case.tokens.parents


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_path_without_its_first_iterations_is_completed(case: Case) -> None:
    for step, path in case.tokens.parents:
        frames = path.split(".")
        while frames[-1] == "r0":
            frames.pop()
            assert normalize(case.plan, step, ".".join(frames)) == path
        assert normalize(case.plan, step, path) == path


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_latch_tells_the_path_of_what_runs_next(case: Case) -> None:
    records = case.records()

    for (step, path), sent in case.tokens.parents.items():
        # A join is entered with the path of its split, not with that of a task before it.
        for latch in sent if len(sent) == 1 else ():
            if records.get(latch, Control()).path:
                assert normalize(case.plan, step, records[latch].path) == path


def test_a_join_over_a_wide_foreach_reads_one_record() -> None:
    nodes = {"start": each("a", lambda _: 1), "a": to("b"), "b": to("j"), "j": LAST_JOIN}
    plan = Case(nodes, [*t("start"), *f("start", *t("a", "b")), *t("j")]).plan
    asked: list[Task] = []

    def read(step: str, path: str) -> Control:
        asked.append((step, path))
        return Control(count=100_000)

    found = parents(plan, "j", "t", read)

    assert asked == [("start", "t")]
    assert found[0] == ("b", "t.0")
    assert found[-1] == ("b", "t.99999")
    assert len(found) == 100_000


def test_a_step_of_a_long_flow_is_found_without_recursion_over_its_steps() -> None:
    names = [f"s{i}" for i in range(3000)]
    nodes = {name: to(after) for name, after in zip(names, [*names[1:], "end"], strict=True)}
    plan = Plan(
        json.dumps(
            {
                "version": 1,
                "flow": "F",
                "file": "flow.py",
                "start": "s0",
                "end": "end",
                "steps": {name: {"kind": "linear"} for name in nodes},
                "body": t(*names),
            }
        )
    )

    assert parents(plan, "s2999", "t", lambda *_: Control()) == [("s2998", "t")]


@pytest.mark.parametrize(
    "path", ["", "t", "x.0.r0.0.r0", "t.0.0.0", "t.r0.0", "t.0.r1.0.r0.1", "t.01.r0.1.r0", "t.a"]
)
def test_a_wrong_path_is_refused(path: str) -> None:
    plan = CASES["loop in foreach in loop in foreach"].plan

    with pytest.raises(
        RefusalError, match=r"is no path of step `w`, .* look like `t\.N\.rN\.N\.rN`"
    ):
        normalize(plan, "w", path)


def test_a_task_on_the_way_not_taken_is_refused() -> None:
    case = CASES["arms share tails, a then end"]
    records = case.records()

    with pytest.raises(RefusalError, match="step `b` cannot run at `t`"):
        parents(case.plan, "b", "t", lambda *task: records[task])


def test_frames_are_the_regions_around_a_step() -> None:
    plan = CASES["loop in foreach in loop in foreach"].plan

    assert [region.at for region in enclosing(plan, "v")] == ["start", "latch", "h"]
