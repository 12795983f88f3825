"""`--format mermaid`: a flowchart that GitHub draws in comments and pages.

Mermaid refuses more than 500 edges, unless the page that draws them says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowc.graph.step_graph import Edge, Frame, Member, step_graph
from flowc.graph.wording import badges, edge_label, frame_title, printable, remarks
from flowc.ir.flow import Flow, Kind, Step

_INDENT = "  "
# What Mermaid, Markdown or HTML would take for their own; each becomes Mermaid's `#number;`.
_ESCAPED = {letter: f"#{ord(letter)};" for letter in r'"#&<>`\*[]{}()|;%'}


def render_mermaid(flow: Flow) -> str:
    """The flow as Mermaid text, without the fence that Markdown puts around it."""
    graph = step_graph(flow)
    lines = [
        "---",
        f'title: "{flow.name}"',
        "---",
        "flowchart TD",
        *(_INDENT + line for line in _members(flow, graph.members)),
        *(_INDENT + _edge(edge) for edge in graph.edges),
    ]
    return "\n".join(lines) + "\n"


def _members(flow: Flow, members: Sequence[Member]) -> Iterator[str]:
    for member in members:
        if isinstance(member, str):
            yield _node(flow, flow.steps[member])
        else:
            yield from _frame(flow, member)


def _frame(flow: Flow, frame: Frame) -> Iterator[str]:
    inner = _members(flow, frame.members)
    title = frame_title(flow, frame)
    if not title:
        yield from inner
        return
    yield f"subgraph {frame.kind}_{frame.at}[{_quoted(title)}]"
    yield from (_INDENT + line for line in inner)
    yield "end"


def _node(flow: Flow, step: Step) -> str:
    """A step's node: a stadium at the ends of the flow, a hexagon for a switch."""
    small = [" · ".join(words) for words in (badges(flow, step), remarks(step)) if words]
    label = '"' + "<br/>".join(_escaped(line) for line in (step.name, *small)) + '"'
    if step.name in (flow.start, flow.end):
        label = f"([{label}])"
    elif step.kind is Kind.SWITCH:
        label = f"{{{{{label}}}}}"
    else:
        label = f"[{label}]"
    return f"{_identifier(step.name)}{label}"


def _edge(edge: Edge) -> str:
    label = edge_label(edge)
    arrow = f"-. {_quoted(label)} .->" if label else "-->"
    return f"{_identifier(edge.source)} {arrow} {_identifier(edge.target)}"


def _identifier(step: str) -> str:
    # Without the prefix, names such as `end`, `class` and `style` would be read as Mermaid's own.
    return f"step_{step}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(letter, letter) for letter in printable(text))
