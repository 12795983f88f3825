"""Flows of all nestings, each as steps with their decisions and as the regions they have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runtime.tokens import Cycle, Node, Tokens

from flowc.runtime.plan import Plan
from flowc.runtime.position import Control, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtime.tokens import Task

    Body = list[dict[str, Any]]


def to(step: str, *, join: bool = False) -> Node:
    return Node("linear", (step,), join=join)


def each(step: str, count: Callable[[list[int]], int], *, join: bool = False) -> Node:
    return Node("foreach", (step,), count, join=join)


def switch(choose: Callable[[list[int]], str], *steps: str, join: bool = False) -> Node:
    return Node("switch", steps, choose, join=join)


def split(*steps: str, join: bool = False) -> Node:
    return Node("split", steps, join=join)


END = Node("end")
LAST_JOIN = Node("end", join=True)


def t(*steps: str) -> Body:
    return [{"task": step} for step in steps]


def f(at: str, *body: dict[str, Any]) -> Body:
    return [{"foreach": at, "body": list(body)}]


def s(at: str, **arms: Body) -> Body:
    return [{"switch": at, "arms": arms}]


def b(at: str, *branches: Body) -> Body:
    return [{"split": at, "branches": list(branches)}]


def again(at: str, to: str, *body: dict[str, Any]) -> Body:
    return [{"loop": at, "to": to, "body": list(body)}]


def cycle(name: str, latch: str, header: str, inside: str) -> Cycle:
    return Cycle(name, latch, header, frozenset(inside.split()))


class Case:
    def __init__(self, nodes: dict[str, Node], body: Body, *cycles: Cycle) -> None:
        entries = {name: {"kind": node.kind, "join": node.join} for name, node in nodes.items()}
        text = {"version": 1, "flow": "F", "file": "flow.py", "start": "start", "end": "end"}
        self.plan = Plan(json.dumps({**text, "steps": entries, "body": body}))
        self.tokens = Tokens(nodes, list(cycles), next(iter(nodes)))

    def records(self) -> dict[Task, Control]:
        """The control records that the run leaves behind."""
        found = {}
        for (step, path), decided in self.tokens.decided.items():
            if isinstance(decided, int):
                found[step, path] = Control(count=decided)
            else:
                records = decide(self.plan, step, path, decided)
                found.update({(step, place): control for place, control in records})
        return found


CASES = {
    "linear": Case({"start": to("a"), "a": to("end"), "end": END}, t("start", "a", "end")),
    "foreach, foreach, switch, foreach in an arm, split, self-loop with two exits": Case(
        {
            "start": each("a", lambda _: 2),
            "a": each("b", lambda i: 2 + i[0]),
            "b": switch(lambda i: "c" if i[1] % 2 == 0 else "d", "c", "d"),
            "c": to("m"),
            "d": each("e", lambda _: 2),
            "e": to("ej"),
            "ej": to("m", join=True),
            "m": to("bj"),
            "bj": to("br", join=True),
            "br": split("p", "q"),
            "p": to("pj"),
            "q": to("pj"),
            "pj": to("pre", join=True),
            "pre": to("aj"),
            "aj": to("lp", join=True),
            "lp": switch(lambda i: "lp" if i[-1] < 3 else "f2", "lp", "f1", "f2"),
            "f1": to("end"),
            "f2": to("end"),
            "end": END,
        },
        [
            *t("start"),
            *f(
                "start",
                *t("a"),
                *f(
                    "a",
                    *t("b"),
                    *s("b", c=t("c"), d=[*t("d"), *f("d", *t("e")), *t("ej")]),
                    *t("m"),
                ),
                *t("bj", "br"),
                *b("br", t("p"), t("q")),
                *t("pj", "pre"),
            ),
            *t("aj"),
            *again("lp", "lp", *t("lp")),
            *s("lp", f1=t("f1"), f2=t("f2")),
            *t("end"),
        ],
        cycle("L", "lp", "lp", "lp"),
    ),
    "loop over several steps, with a foreach and a split inside": Case(
        {
            "start": to("h"),
            "h": each("w", lambda i: 2 + i[-1]),
            "w": to("wj"),
            "wj": to("sp", join=True),
            "sp": split("s1", "s2"),
            "s1": to("sj"),
            "s2": to("sj"),
            "sj": to("latch", join=True),
            "latch": switch(lambda i: "h" if i[-1] < 2 else "fin", "h", "fin"),
            "fin": to("end"),
            "end": END,
        },
        [
            *t("start"),
            *again(
                "latch",
                "h",
                *t("h"),
                *f("h", *t("w")),
                *t("wj", "sp"),
                *b("sp", t("s1"), t("s2")),
                *t("sj", "latch"),
            ),
            *t("fin", "end"),
        ],
        cycle("L", "latch", "h", "h w wj sp s1 s2 sj latch"),
    ),
    "loop with several exits and a foreach, in a foreach": Case(
        {
            "start": each("x", lambda _: 2),
            "x": each("y", lambda _: 2),
            "y": to("yj"),
            "yj": to("latch", join=True),
            "latch": switch(lambda i: "x" if i[1] < 1 + i[0] else f"f{i[0]}", "x", "f0", "f1"),
            "f0": to("m"),
            "f1": to("m"),
            "m": to("j"),
            "j": to("end", join=True),
            "end": END,
        },
        [
            *t("start"),
            *f(
                "start",
                *again("latch", "x", *t("x"), *f("x", *t("y")), *t("yj", "latch")),
                *s("latch", f0=t("f0"), f1=t("f1")),
                *t("m"),
            ),
            *t("j", "end"),
        ],
        cycle("L", "latch", "x", "x y yj latch"),
    ),
    **{
        f"arms share tails, {first} then {second}": Case(
            {
                "start": switch(lambda _, first=first: first, "a", "b"),  # type: ignore[misc]
                "a": switch(lambda _, second=second: second, "c", "end"),  # type: ignore[misc]
                "b": to("d"),
                "c": to("d"),
                "d": to("e"),
                "e": to("end"),
                "end": END,
            },
            [
                *t("start"),
                *s("start", a=[*t("a"), *s("a", c=t("c", "d", "e"), end=[])], b=t("b", "d", "e")),
                *t("end"),
            ],
        )
        for first, second in (("a", "c"), ("a", "end"), ("b", "c"))
    },
    "a split in a shared tail": Case(
        {
            "start": each("w", lambda _: 4),
            "w": switch(lambda i: "abca"[i[0]], "a", "b", "c"),
            "a": to("d"),
            "b": to("d"),
            "c": to("m"),
            "d": split("p", "q"),
            "p": to("pj"),
            "q": to("pj"),
            "pj": to("m", join=True),
            "m": to("j"),
            "j": LAST_JOIN,
        },
        [
            *t("start"),
            *f(
                "start",
                *t("w"),
                *s(
                    "w",
                    a=[*t("a", "d"), *b("d", t("p"), t("q")), *t("pj")],
                    b=[*t("b", "d"), *b("d", t("p"), t("q")), *t("pj")],
                    c=t("c"),
                ),
                *t("m"),
            ),
            *t("j"),
        ],
    ),
    "a branch that ends in a switch, with an empty arm": Case(
        {
            "start": split("a", "b"),
            "a": switch(lambda _: "j", "c", "j"),
            "c": to("j"),
            "b": switch(lambda _: "d", "d", "j"),
            "d": to("j"),
            "j": to("end", join=True),
            "end": END,
        },
        [
            *t("start"),
            *b(
                "start",
                [*t("a"), *s("a", c=t("c"), j=[])],
                [*t("b"), *s("b", d=t("d"), j=[])],
            ),
            *t("j", "end"),
        ],
    ),
    "empty arms one after the other": Case(
        {
            "start": switch(lambda _: "m", "a", "m"),
            "a": to("m"),
            "m": switch(lambda _: "n", "b", "n"),
            "b": to("n"),
            "n": to("end"),
            "end": END,
        },
        [
            *t("start"),
            *s("start", a=t("a"), m=[]),
            *t("m"),
            *s("m", b=t("b"), n=[]),
            *t("n", "end"),
        ],
    ),
    "a foreach whose body ends in a loop": Case(
        {
            "start": each("a", lambda _: 3),
            "a": switch(lambda i: "a" if i[1] < i[0] else "j", "a", "j"),
            "j": to("end", join=True),
            "end": END,
        },
        [*t("start"), *f("start", *again("a", "a", *t("a"))), *t("j", "end")],
        cycle("L", "a", "a", "a"),
    ),
    "the first step of all is in a loop": Case(
        {
            "start": to("more"),
            "more": switch(lambda i: "start" if i[0] < 2 else "end", "start", "end"),
            "end": END,
        },
        [*again("more", "start", *t("start", "more")), *t("end")],
        cycle("L", "more", "start", "start more"),
    ),
    "a loop that begins with a loop": Case(
        {
            "start": to("a"),
            "a": switch(lambda i: "a" if i[1] < 1 + i[0] else "u", "a", "u"),
            "u": switch(lambda i: "a" if i[0] < 2 else "end", "a", "end"),
            "end": END,
        },
        [*t("start"), *again("u", "a", *again("a", "a", *t("a")), *t("u")), *t("end")],
        cycle("OUTER", "u", "a", "a u"),
        cycle("INNER", "a", "a", "a"),
    ),
    "a loop that ends with a loop, closed by the same step": Case(
        {
            "start": to("h"),
            "h": to("u"),
            "u": switch(lambda i: "u" if i[1] < 1 else ["h", "h", "y"][i[0]], "u", "h", "x", "y"),
            "x": to("end"),
            "y": to("end"),
            "end": END,
        },
        [
            *t("start"),
            *again("u", "h", *t("h"), *again("u", "u", *t("u"))),
            *s("u", x=t("x"), y=t("y")),
            *t("end"),
        ],
        cycle("OUTER", "u", "h", "h u"),
        cycle("INNER", "u", "u", "u"),
    ),
    "loop in foreach in loop in foreach": Case(
        {
            "start": each("h", lambda _: 2),
            "h": each("w", lambda i: 1 + i[1]),
            "w": switch(lambda i: "w" if i[3] < i[2] else "v", "w", "v"),
            "v": to("wj"),
            "wj": to("latch", join=True),
            "latch": switch(lambda i: "h" if i[1] < 1 + i[0] else "k", "h", "k"),
            "k": to("j"),
            "j": LAST_JOIN,
        },
        [
            *t("start"),
            *f(
                "start",
                *again(
                    "latch",
                    "h",
                    *t("h"),
                    *f("h", *again("w", "w", *t("w")), *t("v")),
                    *t("wj", "latch"),
                ),
                *t("k"),
            ),
            *t("j"),
        ],
        cycle("OUTER", "latch", "h", "h w v wj latch"),
        cycle("INNER", "w", "w", "w"),
    ),
}
