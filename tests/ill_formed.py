"""Flows that are wrong on purpose: well-formed ones with one thing broken, and mere bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import assume
from hypothesis import strategies as st
from random_flows import END, LINEAR, SPLIT, SWITCH, Node, flows, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from random_flows import Graph

Draw: TypeAlias = "st.DrawFn"


@dataclass(frozen=True)
class Wrong:
    """A source with a fault in it; `fault` names it."""

    fault: str
    source: str

    def __repr__(self) -> str:
        return f"Wrong({self.fault!r}, source:\n{self.source})"


@st.composite
def wrong_flows(draw: Draw) -> Wrong:
    """Sources that read well and yet are no flow: each must be refused."""
    graph = draw(flows(max_steps=12, own_ends=False))
    fault = draw(st.sampled_from(sorted({**GRAPH_FAULTS, **SOURCE_FAULTS})))
    if fault in GRAPH_FAULTS:
        return Wrong(fault, render(GRAPH_FAULTS[fault](draw, graph)))
    return Wrong(fault, SOURCE_FAULTS[fault](draw, render(graph)))


@st.composite
def odd_sources(draw: Draw) -> Wrong:
    """Sources with a transition that may or may not be read: it only must not be stumbled over."""
    source = render(draw(flows(max_steps=6, own_ends=False)))
    odd = draw(st.sampled_from(ODD_TRANSITIONS))
    return Wrong(f"transition {odd!r}", _with_transition(draw, source, odd))


@st.composite
def mangled_sources(draw: Draw) -> bytes:
    """Valid sources cut off, or with bytes replaced, dropped, doubled or put in."""
    source = render(draw(flows(max_steps=4))).encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(source)))
        stop = draw(st.integers(start, min(len(source), start + 12)))
        piece = draw(
            st.sampled_from((b"", source[start:stop] * 2, *PIECES)) | st.binary(max_size=6)
        )
        source = source[:start] + piece + source[stop:]
    return source[: draw(st.integers(0, len(source)))] if draw(st.booleans()) else source


@st.composite
def respelled_sources(draw: Draw) -> tuple[str, bytes, str]:
    """A flow, bytes that Python reads as the same flow, and what makes them differ."""
    source = render(draw(flows(max_steps=5)))
    ways = draw(st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=1, max_size=3, unique=True))
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    cookie, codec = ENCODINGS[encoding]
    spelled = cookie + source
    for way in sorted(ways, key=[*SPELLINGS].index):
        spelled = SPELLINGS[way](spelled)
    return source, spelled.encode(codec), ", ".join([*ways, encoding])


# Line ends come last, as those before look for line feeds.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "no last line end": lambda source: source.rstrip(),
    "continued lines": lambda source: source.replace("self.next(", "self. \\\n  next("),
    "comments": lambda source: source.replace("):\n", "):  # self.next(self.\n"),
    "form feeds": lambda source: source.replace("\n\n", "\n\x0c\n").replace("class", "\x0cclass"),
    "blanks at line ends": lambda source: source.replace(":\n", ": \t\n"),
    "tabs": lambda source: source.replace("    ", "\t"),
    "other letters": lambda source: f"{source}\n# é 'ü' ß",
    "CRLF": lambda source: source.replace("\n", "\r\n"),
    "mixed line ends": lambda source: source.replace("):\n", "):\r"),
    "CR": lambda source: source.replace("\n", "\r"),
}
ENCODINGS = {
    "UTF-8": ("", "utf-8"),
    "a byte-order mark": ("", "utf-8-sig"),
    "a byte-order mark and its coding": ("# coding: utf-8\n", "utf-8-sig"),
    "Latin-1": ("# -*- coding: latin-1 -*-\n", "latin-1"),
    "a coding for vim": ("# vim: set fileencoding=cp1252 :\n", "cp1252"),
    "a coding in the second line": ("#!/usr/bin/env python\n# coding=iso-8859-15\n", "iso-8859-15"),
    "UTF-7": ("# coding: utf-7\n", "utf-7"),
}


PIECES = (
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\t", b"\x0c", b"\\\n", b"\n" * 3, b"'''", b'"'),
    *(b"(", b")", b"{", b"}", b":", b"@", b"lambda: ", b"async ", b"await ", b"yield ", b"self."),
    *(
        b"# -*- coding: latin-1 -*-\n",
        b"# coding: nowhere\n",
        "é\u2028\U0001d518".encode(),
        b"f'{",
        b"*",
    ),
)

ODD_TRANSITIONS = (
    *("self.next()", "self.next(*[self.end])", "self.next(self.end if self.x else self.end)"),
    *("getattr(self, 'next')(self.end)", "self.next('end')", "self.next(end)", "next(self.end)"),
    *("self.next(self.end, self.end)", "self.next(self.end, foreach='x', num_parallel=2)"),
    *(
        "self.next(self.end, foreach=x)",
        "self.next(self.end, foreach='')",
        "self.next(foreach='x')",
    ),
    *("self.next({'a': self.end}, condition=x)", "self.next({}, condition='x')"),
    *("self.next({k: self.end}, condition='x')", "self.next({**x}, condition='x')"),
    *("self.next({'a': self.end})", "self.next({'a': self.end, 'a': self.end}, condition='x')"),
    *("self.next({'a': 'end'}, condition='x')", "self.next(condition='x')", "self.next(self.self)"),
    *("self.next({-1: self.end, 1.5: self.end, None: self.end}, condition='x')",),
    *("self.next({f'{x}': self.end, b'y': self.end}, condition='x')", "self.next(self.end.end)"),
    *("self.next(self.end, num_parallel=0)", "self.next(self.end, num_parallel='2')"),
    *("self.next(self.end, num_parallel=-1)", "self.next(self.end, colour='red')", "self.next"),
    *("return self.next(self.end)", "if self.x: self.next(self.end)", "x = self.next(self.end)"),
    *("for s in (self.end,): self.next(s)", "lambda: self.next(self.end)", "self.next(self.end).x"),
    *("self.next(self.end); self.next(self.end)", "self.next(self.next)", "self.next(self.start)"),
    *("(self.next)(self.end)", "self . next ( self . end , )", "self.next((self.end))", "..."),
    *("self.next(self.__class__.end)", "self.next(self[0])", "self.next(self.end())", "del self"),
    *("self.next(self.end) if 1 else None", "(yield self.next(self.end))", "self = None", "pass"),
    *("with x: self.next(self.end)", "self.next(a:=self.end)", "self.next(RandomFlow.end)"),
)


def _named(draw: Draw, graph: Graph, fits: Callable[[str, Node], bool]) -> str:
    """A step of the graph that fits."""
    names = [name for name, node in graph.steps.items() if fits(name, node)]
    assume(names)
    return draw(st.sampled_from(names))


def _with(graph: Graph, **nodes: Node) -> Graph:
    return replace(graph, steps={**graph.steps, **nodes})


def _either(*targets: str) -> Node:
    return Node(SWITCH, targets, table=(0,), cases=("a", "b"))


def _plain(_: str, node: Node) -> bool:
    return node.kind == LINEAR and not node.parallel


def _to(graph: Graph, name: str, *targets: str) -> Graph:
    return _with(graph, **{name: replace(graph.steps[name], next=targets)})


def _missing_next(draw: Draw, graph: Graph) -> Graph:
    name = _named(draw, graph, lambda _, node: node.kind != END)
    return _with(graph, **{name: Node(END, join=graph.steps[name].join)})


def _unknown_target(draw: Draw, graph: Graph) -> Graph:
    name = _named(draw, graph, lambda _, node: node.kind != END)
    *others, _ = graph.steps[name].next
    return _to(graph, name, *others, "nowhere")


def _two_ends(draw: Draw, graph: Graph) -> Graph:
    """A split whose branches never meet."""
    name = _named(draw, graph, _plain)
    branch = Node(SPLIT, (*graph.steps[name].next, "finish"), join=graph.steps[name].join)
    return _with(graph, **{name: branch, "finish": Node(END)})


def _unreachable(draw: Draw, graph: Graph) -> Graph:
    target = _named(draw, graph, lambda name, node: name != "start" and not node.join)
    return _with(graph, island=Node(LINEAR, (target,)))


def _unreachable_cycle(_: Draw, graph: Graph) -> Graph:
    return _with(graph, isle=Node(LINEAR, ("atoll",)), atoll=Node(LINEAR, ("isle",)))


def _no_exit(_: Draw, graph: Graph) -> Graph:
    chain = {"isle": Node(LINEAR, ("atoll",)), "atoll": Node(LINEAR, ("isle",))}
    start = _either("isle", "go")
    return _with(graph, start=start, go=graph.steps["start"], **chain)


def _irreducible(_: Draw, graph: Graph) -> Graph:
    added = {"start": _either("isle", "atoll"), "isle": _either("atoll", "go")}
    return _with(graph, **added, atoll=_either("isle", "go"), go=graph.steps["start"])


def _left_early(_: Draw, graph: Graph) -> Graph:
    """A loop that another step than its latch may leave."""
    loop = {"isle": _either("atoll", "go"), "atoll": _either("isle", "go")}
    return _with(graph, start=Node(LINEAR, ("isle",)), **loop, go=graph.steps["start"])


def _closed_twice(_: Draw, graph: Graph) -> Graph:
    loop = {"isle": _either("isle", "atoll"), "atoll": _either("isle", "go")}
    return _with(graph, start=Node(LINEAR, ("isle",)), **loop, go=graph.steps["start"])


def _latch_of_two(_: Draw, graph: Graph) -> Graph:
    """A switch that closes two loops, one in the other."""
    latch = Node(SWITCH, ("isle", "atoll", "go"), table=(2,), cases=("a", "b", "c"))
    loop = {"isle": Node(LINEAR, ("atoll",)), "atoll": Node(LINEAR, ("latch",)), "latch": latch}
    return _with(graph, start=Node(LINEAR, ("isle",)), **loop, go=graph.steps["start"])


def _back_to_start(draw: Draw, graph: Graph) -> Graph:
    return _to(graph, _named(draw, graph, _plain), "start")


def _join_of_nothing(draw: Draw, graph: Graph) -> Graph:
    def fits(name: str, node: Node) -> bool:
        return _plain(name, node) and not node.join and name != "start"

    name = _named(draw, graph, fits)
    return _with(graph, **{name: replace(graph.steps[name], join=True, item=False)})


def _end_joins(_: Draw, graph: Graph) -> Graph:
    return _with(graph, end=Node(END, join=True))


def _never_joined(draw: Draw, graph: Graph) -> Graph:
    name = _named(draw, graph, lambda _, node: node.join)
    return _with(graph, **{name: replace(graph.steps[name], join=False)})


def _straight_to_join(_: Draw, graph: Graph) -> Graph:
    """A split with one branch that holds nothing."""
    step = graph.steps["start"]
    added = {"start": Node(SPLIT, ("isle", "atoll")), "isle": Node(LINEAR, ("atoll",))}
    atoll = Node(LINEAR, ("go",), join=True)
    return _with(graph, **added, atoll=atoll, go=step)


def _arm_into_join(draw: Draw, graph: Graph) -> Graph:
    joins = [name for name, node in graph.steps.items() if node.join]
    name = _named(draw, graph, lambda _, node: node.kind == SWITCH and not node.header)
    assume(joins)
    *others, _ = graph.steps[name].next
    return _to(graph, name, *others, draw(st.sampled_from(joins)))


GRAPH_FAULTS: dict[str, Callable[[Draw, Graph], Graph]] = {
    "missing next": _missing_next,
    "unknown target": _unknown_target,
    "two ends": _two_ends,
    "unreachable step": _unreachable,
    "unreachable cycle": _unreachable_cycle,
    "loop without exit": _no_exit,
    "irreducible loop": _irreducible,
    "loop left early": _left_early,
    "loop closed twice": _closed_twice,
    "latch of two loops": _latch_of_two,
    "back to start": _back_to_start,
    "join of nothing": _join_of_nothing,
    "end joins": _end_joins,
    "split never joined": _never_joined,
    "straight to join": _straight_to_join,
    "arm into join": _arm_into_join,
}


def _with_transition(draw: Draw, source: str, spelling: str) -> str:
    """The source with one of its `self.next(…)` lines replaced."""
    lines = source.splitlines()
    places = [number for number, line in enumerate(lines) if line.startswith("        self.next(")]
    lines[draw(st.sampled_from(places))] = f"        {spelling}"
    return "\n".join([*lines, ""])


def _method(source: str, name: str) -> str:
    """The text of a step's method, its decorator included."""
    _, after = source.split(f"    @step\n    def {name}(", 1)
    rest, _ = after.split("\n\n", 1)
    return f"    @step\n    def {name}({rest}\n\n"


def _doubled(_: Draw, source: str) -> str:
    method = _method(source, "start")
    return source.replace(method, method * 2)


def _without(name: str) -> Callable[[Draw, str], str]:
    return lambda _, source: source.replace(_method(source, name), "")


def _refused(spelling: str) -> Callable[[Draw, str], str]:
    return lambda draw, source: _with_transition(draw, source, spelling)


SOURCE_FAULTS: dict[str, Callable[[Draw, str], str]] = {
    "duplicate step": _doubled,
    "no start": _without("start"),
    "no end": _without("end"),
    "start joins": lambda _, source: source.replace("def start(self)", "def start(self, inputs)"),
    "no self": lambda _, source: source.replace("def start(self)", "def start()"),
    "three arguments": lambda _, source: source.replace("def end(self)", "def end(self, a, b)"),
    "not Python": lambda _, source: source.replace("class ", "clasp "),
    "no flow": lambda _, source: source.replace("(FlowSpec)", "(object)"),
    "no target": _refused("self.next()"),
    "target in a string": _refused("self.next('end')"),
    "target by splat": _refused("self.next(*[self.end])"),
    "choice of targets": _refused("self.next(self.end if self.x else self.start)"),
    "no case": _refused("self.next({}, condition='x')"),
    "no condition": _refused("self.next({'a': self.end})"),
    "next without self": _refused("next(self.end)"),
}


def _in_step(statement: str) -> bytes:
    head = "from flowc import FlowSpec, step\n\n\nclass OddFlow(FlowSpec):\n    @step\n"
    return (
        f"{head}    def start(self):\n        {statement}\n        self.next(self.end)\n".encode()
    )


DEEP = 5000

# What has made parsers and those who walk their trees give up.
EXTREMES: dict[str, bytes] = {
    "nothing": b"",
    "a byte-order mark": b"\xef\xbb\xbf",
    "a nul": b"class A:\x00 pass",
    "utf-16": "class A: pass\n".encode("utf-16"),
    "an unknown encoding": b"# coding: nowhere\nclass A: pass\n",
    "another encoding": "# coding: latin-1\nx = 'é'\n".encode("latin-1"),
    "no utf-8": b"x = '\xe9'\n",
    "a lone surrogate": b"x = '\xed\xa0\x80'\n",
    "a mark and another coding": b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
    "a mark in the middle": _in_step("self.x = 1").replace(b"class", b"\xef\xbb\xbfclass"),
    "utf-16 with a flow": _in_step("self.x = 1").decode().encode("utf-16"),
    "utf-32 without a mark": _in_step("self.x = 1").decode().encode("utf-32-le"),
    "half a letter": _in_step("self.x = 'é'").partition(b"\xa9")[0],
    "a coding that is no text": b"# coding: base64\nclass A: pass\n",
    "a coding that turns letters": b"# coding: rot13\npynff N: cnff\n",
    "a coding that refuses all": b"# coding: undefined\nclass A: pass\n",
    "a coding of hosts": b"# coding: idna\nclass A: pass\n",
    "a coding of escapes": b"# coding: unicode_escape\nx = 1\\nclass A: pass\n",
    "a coding of many letters": b"# coding: " + b"utf-8" * 10_000 + b"\nclass A: pass\n",
    "a coding with a nul": b"# coding: utf-8\x00\nclass A: pass\n",
    "a coding of a path": b"# coding: ../../latin-1\nclass A: pass\n",
    "two codings": b"# coding: ascii\n# coding: utf-8\nx = '\xc3\xa9'\n",
    "carriage returns and line feeds": _in_step("self.x = '''\n'''").replace(b"\n", b"\r\n"),
    "line feeds and carriage returns": _in_step("self.x = 1").replace(b"\n", b"\n\r"),
    "other line ends": _in_step("self.x = '\u2028\x85\x0b\x1c'; # \u2029 \x0c"),
    "tabs between words": _in_step("self\t.\tx\t=\t1").replace(b"def ", b"def\t"),
    "indents of tabs": _in_step("self.x = 1").replace(b"    ", b"\t"),
    "indents of many tabs": _in_step("self.x = 1").replace(b"    ", b"\t" * 200),
    "indents of form feeds": _in_step("self.x = 1").replace(b"    ", b"\x0c    "),
    "indents of other blanks": _in_step("self.x = 1").replace(b"    ", b"\xc2\xa0   "),
    "a dedent to nowhere": _in_step("if 1:\n            pass\n          pass"),
    "carriage returns": _in_step("self.x = 1").replace(b"\n", b"\r"),
    "form feeds": _in_step("self.x = 1").replace(b"\n\n", b"\n\x0c\n"),
    "mixed indents": _in_step("self.x = 1\n\tself.y = 2"),
    "no last newline": b"from flowc import FlowSpec\nclass A(FlowSpec): pass",
    "a class of itself": b"from flowc import FlowSpec\nclass A(A): pass\nclass B(B, FlowSpec): 1\n",
    "two flows of one name": _in_step("pass") * 2,
    "a continued decorator": _in_step("pass").replace(b"@step", b"@\\\n    step"),
    "a huge number": _in_step(f"self.x = {'9' * DEEP}"),
    "parentheses": _in_step(f"self.x = {'(' * DEEP}1{')' * DEEP}"),
    "open brackets": _in_step(f"self.x = {'[' * DEEP}"),
    "attributes": _in_step(f"self.x = self{'.a' * DEEP}"),
    "calls": _in_step(f"self.x = f{'()' * DEEP}"),
    "sums": _in_step(f"self.x = {'1 + ' * DEEP}1"),
    "powers": _in_step(f"self.x = {'2 ** ' * DEEP}1"),
    "signs": _in_step(f"self.x = {'-' * DEEP}1"),
    "nots": _in_step(f"self.x = {'not ' * DEEP}1"),
    "lambdas": _in_step(f"self.x = {'lambda: ' * 1000}1"),
    "conditions": _in_step(f"self.x = {'1 if 1 else ' * DEEP}1"),
    "comparisons": _in_step(f"self.x = {'1 < ' * DEEP}1"),
    "strings in a row": _in_step("self.x = " + "'a' " * DEEP),
    "a long list": _in_step(f"self.x = [{'1, ' * DEEP}]"),
    "elifs": _in_step("if 1: pass\n" + "        elif 1: pass\n" * 1000),
    "functions in functions": b"".join(b" " * n + b"def f():\n" for n in range(90))
    + b" " * 90
    + b"1",
    "nested f-strings": _in_step('self.x = f\'{f"{f"""{1}"""}"}\''),
    "targets without end": _in_step(f"self.next({'self.end, ' * DEEP})"),
    "a name that is none": _in_step("self.next(self.1)"),
    "many semicolons": _in_step("pass;" * DEEP),
    "assignments in a row": _in_step(f"{'x = ' * DEEP}1"),
}
