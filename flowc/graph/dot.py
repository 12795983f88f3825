"""`--format dot`: Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flowc.graph.step_graph import Edge, Frame, FrameKind, Member, step_graph
from flowc.graph.wording import badges, edge_label, frame_title, place, printable, remarks, summary
from flowc.ir.flow import Flow, Kind, Step

_INDENT = "  "
_DEFAULTS = (
    'graph [fontname="Helvetica", labelloc=t, ranksep=0.4, nodesep=0.4]',
    'node [shape=box, style=rounded, fontname="Helvetica", fontsize=11]',
    'edge [fontname="Helvetica", fontsize=9, arrowsize=0.7]',
)
_STYLES = {FrameKind.LOOP: "rounded,dashed"}


def render_dot(flow: Flow) -> str:
    """The flow as a digraph; its nodes have the steps' names, its frames are clusters."""
    graph = step_graph(flow)
    lines = [
        f"digraph {_quoted(flow.name)} {{",
        *(f"{_INDENT}{line};" for line in (f"label={_quoted(flow.name)}", *_DEFAULTS)),
        *(_INDENT + line for line in _members(flow, graph.members)),
        *(_INDENT + _edge(edge) for edge in graph.edges),
        "}",
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
    yield f"subgraph {_quoted(f'cluster {frame.kind} {frame.at}')} {{"
    yield f"{_INDENT}label={_quoted(title)}; style={_quoted(_STYLES.get(frame.kind, 'rounded'))};"
    yield from (_INDENT + line for line in inner)
    yield "}"


def _node(flow: Flow, step: Step) -> str:
    small = [", ".join(words) for words in (badges(flow, step), remarks(step)) if words]
    tooltip = " ".join((place(step), summary(step.doc))).rstrip()
    attributes = {"label": "\n".join((step.name, *small)), "tooltip": tooltip}
    return f"{_quoted(step.name)} [{_attributes(attributes)}];"


def _edge(edge: Edge) -> str:
    attributes = {"label": edge_label(edge), "style": "dashed"} if edge.kind is Kind.SWITCH else {}
    shown = f" [{_attributes(attributes)}]" if attributes else ""
    return f"{_quoted(edge.source)} -> {_quoted(edge.target)}{shown};"


def _attributes(attributes: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(text)}" for name, text in attributes.items())


def _quoted(text: str) -> str:
    """The text as Graphviz reads it back; its own escapes begin with a backslash."""
    lines = (printable(line) for line in text.split("\n"))
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
