"""The verifier catches each breach of what emitters rely on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from flowc.errors import InternalError
from flowc.ir.flow import Flow
from flowc.ir.region import Arm, Block, Emits, Foreach, Loop, Split, Switch, Task
from flowc.ir.verify import verify

Sketch = Callable[..., Flow]

SPLIT = ("start -> a b", "a -> join", "b -> join", "join& -> end", "end")
FOREACH = ("start *> a", "a -> join", "join& -> end", "end")
SWITCH = ("start ?> a end", "a -> end", "end")
LOOP = ("start -> a", "a ?> a end", "end")

START, A, B, JOIN, END = (Task(name) for name in ("start", "a", "b", "join", "end"))
COUNTING, CHOOSING = Task("start", Emits.COUNT), Task("start", Emits.NEXT)
LATCH = Task("a", Emits.NEXT)

SOUND: list[tuple[tuple[str, ...], Block]] = [
    (SPLIT, (START, Split("start", ((A,), (B,))), JOIN, END)),
    (FOREACH, (COUNTING, Foreach("start", (A,)), JOIN, END)),
    (SWITCH, (CHOOSING, Switch("start", (Arm("a", (A,)), Arm("end", ()))), END)),
    (LOOP, (START, Loop("a", "a", (LATCH,)), END)),
]

BREACHES: list[tuple[str, tuple[str, ...], Block]] = [
    ("no regions", LOOP, ()),
    ("steps differ", LOOP, (START, END)),
    ("steps differ", LOOP, (START, A, END, Task("nowhere"))),
    ("does not follow its step", SPLIT, (A, Split("start", ((START,), (B,))), JOIN, END)),
    ("does not follow its step", SPLIT, (Split("start", ((A,), (B, START))), JOIN, END)),
    ("no join follows", SPLIT, (START, Split("start", ((A,), (B,))), END, JOIN)),
    ("no join follows", SPLIT, (START, Split("start", ((A,), (B, JOIN, END))))),
    ("is empty", SPLIT, (START, Split("start", ((A, B), ())), JOIN, END)),
    ("has no count", FOREACH, (START, Foreach("start", (A,)), JOIN, END)),
    ("is empty", FOREACH, (COUNTING, Foreach("start", ()), JOIN, A, END)),
    ("no join follows", FOREACH, (COUNTING, Foreach("start", (A,)), END, JOIN)),
    ("has no choice", SWITCH, (START, Switch("start", (Arm("a", (A,)), Arm("end", ()))), END)),
    ("single arm", SWITCH, (CHOOSING, Switch("start", (Arm("a", (A,)),)), END)),
    ("not closed by it", LOOP, (START, Loop("a", "a", (A,)), END)),
    ("not closed by it", LOOP, (START, A, Loop("a", "a", ()), END)),
]


@pytest.mark.parametrize(("lines", "body"), SOUND)
def test_sound_regions_pass(sketch: Sketch, lines: tuple[str, ...], body: Block) -> None:
    verify(replace(sketch(*lines), body=body))


@pytest.mark.parametrize(("message", "lines", "body"), BREACHES)
def test_breaches_are_caught(
    sketch: Sketch, message: str, lines: tuple[str, ...], body: Block
) -> None:

    flow = replace(sketch(*lines), body=body)

    with pytest.raises(InternalError, match=message):
        verify(flow)
