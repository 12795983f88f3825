"""The picture with its heading and colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from flowc.graph.step_graph import Frame, Member, StepGraph, step_graph
from flowc.graph.svg.arrangement import Point
from flowc.graph.svg.boxes import Box, step_box
from flowc.graph.svg.frames import lay_out
from flowc.graph.svg.layout import Layout
from flowc.graph.svg.lettering import text_width, wrap_name, wrap_words
from flowc.graph.svg.shapes import (
    edge_shape,
    frame_shape,
    lane_shape,
    pill_shape,
    step_shape,
    title_shape,
)
from flowc.graph.svg.style import STYLE
from flowc.graph.svg.wiring import member_name
from flowc.graph.wording import frame_title, parameter_words, place, summary
from flowc.ir.flow import Flow, Kind

_MARGIN = 28.0
_NARROWEST = 420.0
_LONGEST_LINE = 96
_LINE_HEIGHT = 17.0


def render_svg(flow: Flow) -> str:
    """The flow as an SVG picture that needs nothing else, for light and dark surroundings."""
    graph = step_graph(flow)
    boxes = {name: step_box(flow, step) for name, step in flow.steps.items()}
    layout = lay_out(graph, boxes, dict(_titles(flow, graph.members)))
    width = max(layout.width, _NARROWEST)
    heading, height = _heading(flow, width)
    corner = Point(_MARGIN + (width - layout.width) / 2, _MARGIN + height)
    picture = _picture(flow, 2 * _MARGIN + width, corner.y + layout.height + _MARGIN)
    picture.append(heading)
    picture.extend(_shapes(flow, graph, layout.moved(corner), boxes))
    indent(picture, "")
    return tostring(picture, encoding="unicode") + "\n"


def _titles(flow: Flow, members: tuple[Member, ...]) -> Iterator[tuple[str, str]]:
    for member in members:
        if isinstance(member, Frame):
            if title := frame_title(flow, member):
                yield member_name(member), title
            yield from _titles(flow, member.members)


def _picture(flow: Flow, width: float, height: float) -> Element:
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}"}
    name = f"flowc-{flow.name}"
    picture = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "flowc",
            **size,
            "viewBox": f"0 0 {size['width']} {size['height']}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-description",
        },
    )
    SubElement(picture, "title", {"id": f"{name}-title"}).text = f"Step graph of {flow.name}"
    description = SubElement(picture, "desc", {"id": f"{name}-description"})
    description.text = " ".join(_sentences(flow))
    SubElement(picture, "style").text = STYLE
    SubElement(picture, "rect", {"class": "paper", **size, "rx": "10"})
    return picture


def _sentences(flow: Flow) -> Iterator[str]:
    """What the picture shows, for those who cannot see it."""
    count = len(flow.steps)
    yield f"{flow.name} has {count} step{'s' * (count > 1)} and begins with {flow.start}."
    for step in flow.steps.values():
        if step.next_steps:
            between = " or " if step.kind is Kind.SWITCH else " and "
            yield f"{step.name} leads to {between.join(step.next_steps)}."


def _heading(flow: Flow, width: float) -> tuple[Element, float]:
    """The flow's name, place, first sentence and parameters, and the height they take."""
    longest = int(min(width / text_width("m", 11), _LONGEST_LINE))
    lines = wrap_words([place(flow)], longest, " ")
    lines += wrap_words(summary(flow.doc).split(" "), longest, " ") if flow.doc else []
    for parameter in flow.parameters:
        lines += wrap_words(parameter_words(parameter).split(" "), longest, " ")
    group = Element("g", {"class": "about"})
    top = _MARGIN + 14
    for name in wrap_name(flow.name, int(width / text_width("m", 19))):
        _line(group, name, "heading", top)
        top += 22
    for line in lines:
        _line(group, line, "about-line", top)
        top += _LINE_HEIGHT
    return group, top - _MARGIN + 8


def _line(group: Element, text: str, name: str, top: float) -> None:
    place = {"x": f"{_MARGIN:.0f}", "y": f"{top:.0f}"}
    SubElement(group, "text", {"class": name, **place}).text = text


def _shapes(
    flow: Flow, graph: StepGraph, layout: Layout, boxes: Mapping[str, Box]
) -> Iterator[Element]:
    """Everything from the back to the front."""
    for outline in layout.outlines:
        yield frame_shape(outline)
    for number, way in layout.ways.items():
        edge = graph.edges[number]
        end = layout.boxes[edge.target].moved(Point(boxes[edge.target].width / 2, 0))
        yield edge_shape(edge, (*way, end))
    for number, lane in layout.lanes.items():
        yield lane_shape(graph.edges[number], lane)
    yield from map(title_shape, layout.outlines)
    yield from map(pill_shape, layout.pills)
    for name, corner in layout.boxes.items():
        yield step_shape(flow, flow.steps[name], boxes[name], corner)
