"""Structure is recovered from the graph, or the reason why there is none is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowc.ir.flow import Flow
from flowc.ir.region import Task, inner_blocks, walk
from flowc.ir.text import render_text
from flowc.ir.verify import verify
from flowc.passes.nest_regions import MAX_DEPTH, nest_regions

Sketch = Callable[..., Flow]

ALL_REGIONS = (
    *("start -> fork", "fork -> left right", "left *> item", "item -> collect", "collect& -> join"),
    *("right #> member", "member -> gather", "gather& -> join", "join& -> head", "head -> latch"),
    *("latch ?> head choose", "choose ?> good bad end", "good -> after", "bad -> after"),
    *("after -> end", "end"),
)

PRINTED = """\
flow TestFlow
  start
  fork
  split fork
    branch
      left !count
      foreach left
        item
      collect
    branch
      right !count
      gang right
        member
      gather
  join
  loop while latch chooses head
    head
    latch !next
  choose !next
  switch choose
    to good
      good
      after
    to bad
      bad
      after
    to end
  end
"""


def nested(flow: Flow) -> Flow:
    result, diagnostics = nest_regions(flow)
    assert diagnostics == []
    assert result is not None
    verify(result)
    return result


def depth(flow: Flow) -> int:
    level, blocks = 0, [flow.body]
    while blocks := [inner for block in blocks for each in block for inner in inner_blocks(each)]:
        level += 1
    return level


def test_all_kinds_of_regions_are_printed(sketch: Sketch) -> None:
    assert render_text(nested(sketch(*ALL_REGIONS))) == PRINTED


def test_a_loop_of_one_step_that_has_several_exits(sketch: Sketch) -> None:
    flow = nested(sketch("start -> a", "a ?> a b c", "b -> end", "c -> end", "end"))

    assert render_text(flow).splitlines()[2:] == [
        "  loop while a chooses a",
        "    a !next",
        "  switch a",
        "    to b",
        "      b",
        "    to c",
        "      c",
        "  end",
    ]


def test_loops_in_each_other(sketch: Sketch) -> None:
    lines = ("start -> a", "a -> b", "b -> c", "c ?> b d", "d ?> a end", "end")

    assert render_text(nested(sketch(*lines))).splitlines()[2:-1] == [
        "  loop while d chooses a",
        "    a",
        "    loop while c chooses b",
        "      b",
        "      c !next",
        "    d !next",
    ]


def test_a_single_step_is_a_flow(sketch: Sketch) -> None:
    only = sketch("start")

    assert nested(only).body == (Task("start"),)


def test_five_thousand_steps_in_a_row(sketch: Sketch) -> None:
    chain = [f"s{number} -> s{number + 1}" for number in range(5000)]

    flow = nested(sketch("start -> s0", *chain, "s5000 -> end", "end"))

    assert len(flow.body) == 5003


def test_two_hundred_splits_in_a_row(sketch: Sketch) -> None:
    lines = [
        line
        for n in range(200)
        for line in (f"s{n} -> a{n} b{n}", f"a{n} -> j{n}", f"b{n} -> j{n}", f"j{n}& -> s{n + 1}")
    ]

    flow = nested(sketch("start -> s0", *lines, "s200 -> end", "end"))

    assert depth(flow) == 1
    assert sum(isinstance(region, Task) for region in walk(flow.body)) == 803


def test_two_hundred_switches_in_a_row(sketch: Sketch) -> None:
    lines = [line for n in range(200) for line in (f"s{n} ?> a{n} s{n + 1}", f"a{n} -> s{n + 1}")]

    flow = nested(sketch("start -> s0", *lines, "s200 -> end", "end"))

    assert depth(flow) == 1


NESTS: dict[str, Callable[[int], list[str]]] = {
    "foreach": lambda n: [f"s{n} *> s{n + 1}", f"j{n + 1}& -> j{n}"],
    "split": lambda n: [f"s{n} -> s{n + 1} x{n}", f"x{n} -> j{n + 1}", f"j{n + 1}& -> j{n}"],
    "switch": lambda n: [f"s{n} ?> s{n + 1} j{n}", f"j{n + 1} -> j{n}"],
    "loop": lambda n: [f"s{n} -> s{n + 1}", f"j{n + 1} ?> s{n} j{n}"],
}


def nest(kind: str, levels: int) -> list[str]:
    lines = [line for number in range(levels) for line in NESTS[kind](number)]
    return ["start -> s0", *lines, f"s{levels} -> j{levels}", "j0 -> end", "end"]


@pytest.mark.parametrize("kind", NESTS)
@pytest.mark.parametrize("levels", [60, MAX_DEPTH])
def test_deep_nesting_is_recovered(sketch: Sketch, kind: str, levels: int) -> None:
    assert depth(nested(sketch(*nest(kind, levels)))) == levels


@pytest.mark.parametrize("kind", NESTS)
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 2000])
def test_deeper_nesting_is_told(sketch: Sketch, kind: str, levels: int) -> None:
    flow, diagnostics = nest_regions(sketch(*nest(kind, levels)))

    assert flow is None
    assert [each.code for each in diagnostics] == ["FC234"]


ILL_FORMED = {
    "FC220 a loop entered in its middle": ("start ?> a b", "a ?> b end", "b ?> a end", "end"),
    "FC221 a loop that no switch closes": ("start -> a", "a ?> b end", "b -> a", "end"),
    "FC222 a loop closed twice": ("start -> a", "a ?> a b", "b ?> a end", "end"),
    "FC223 a loop left early": ("start -> a", "a ?> b end", "b ?> a end", "end"),
    "FC224 a latch of two loops": ("start -> a", "a -> b", "b -> c", "c ?> a b end", "end"),
    "FC225 a loop out of a foreach": (
        *("start -> a", "a *> b", "b ?> a c", "c -> join", "join& -> end", "end"),
    ),
    "FC225 a loop into a foreach": (
        *("start *> a", "a -> join", "join& -> c", "c ?> a end", "end"),
    ),
    "FC226 a loop that begins at a join": (
        *("start -> a b", "a -> join", "b -> join", "join& -> c", "c ?> d end", "d -> join", "end"),
    ),
    "FC230 branches that never meet": ("start -> a b", "a -> end", "b -> end", "end"),
    "FC230 branches that end in two joins": (
        *("start -> a b", "a -> one", "b -> two", "one& -> end", "two& -> end", "end"),
    ),
    "FC230 a foreach without a join": ("start *> a", "a -> end", "end"),
    "FC231 a branch without a step": ("start -> a join", "a -> join", "join& -> end", "end"),
    "FC231 a foreach without a body": ("start *> join", "join& -> end", "end"),
    "FC232 a join of nothing": ("start -> join", "join& -> end", "end"),
    "FC232 a join in a loop": ("start -> a", "a -> join", "join& -> b", "b ?> a end", "end"),
    "FC235 arms that end in different places": (
        *("start -> a b", "a ?> c d", "b -> join", "c -> join", "d -> end", "join& -> end", "end"),
    ),
}


@pytest.mark.parametrize("case", ILL_FORMED)
def test_ill_formed_graphs_are_told(sketch: Sketch, case: str) -> None:
    flow, diagnostics = nest_regions(sketch(*ILL_FORMED[case]))

    assert flow is None
    assert [each.code for each in diagnostics] == [case[:5]]


def test_the_finding_names_the_other_places(sketch: Sketch) -> None:
    _, (found,) = nest_regions(sketch(*ILL_FORMED["FC222 a loop closed twice"]))

    assert found.span.line == 3
    assert [(note.span.line, note.message) for note in found.finding.notes] == [
        (2, "the loop begins here"),
        (2, "and is closed here already"),
    ]


def test_many_shared_tails_are_told_in_time(sketch: Sketch) -> None:
    lines = [
        line
        for n in range(200)
        for line in (f"a{n} ?> a{n + 1} b{n + 1}", f"b{n} ?> a{n + 1} b{n + 1}")
    ]

    flow, diagnostics = nest_regions(
        sketch("start ?> a0 b0", *lines, "a200 -> end", "b200 -> end", "end")
    )

    assert flow is None
    assert [each.code for each in diagnostics] in (["FC233"], ["FC234"])
