"""Boxes, frames and edges as SVG elements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

from flowc.graph.step_graph import Edge, FrameKind
from flowc.graph.svg.arrangement import Point
from flowc.graph.svg.boxes import PADDING, Box
from flowc.graph.svg.frames import STACKED
from flowc.graph.svg.layout import Outline
from flowc.graph.svg.pills import LINE_HEIGHT, Pill
from flowc.graph.wording import badges, place, summary
from flowc.ir.flow import Flow, Kind, Step

_ARROW_LENGTH, _ARROW_HALF = 8.0, 3.6
_CORNER = 10.0
_ROUNDED = 12.0


def step_shape(flow: Flow, step: Step, box: Box, corner: Point) -> Element:
    """A step's box with its text; its tooltip says where it stands in the source."""
    kind = "join" if step.joins and step.kind is Kind.LINEAR else step.kind.value
    kind = "start" if step.name == flow.start and step.kind is Kind.LINEAR else kind
    group = Element("g", {"class": f"step {kind}", "data-step": step.name})
    SubElement(group, "title").text = _tooltip(flow, step)
    group.append(_rectangle(corner, box.width, box.height, 7))
    bar = [f"M{_number(corner.x + 7)}", f"{_number(corner.y + 9)}v{_number(box.height - 18)}"]
    SubElement(group, "path", {"class": "bar", "d": " ".join(bar)})
    for line in box.lines:
        at = corner.moved(Point(PADDING, line.baseline))
        group.append(_text(line.text, line.lettering.name, at))
    right = corner.moved(Point(box.width - PADDING + 2, box.number.baseline))
    group.append(_text(box.number.text, box.number.lettering.name, right))
    return group


def _tooltip(flow: Flow, step: Step) -> str:
    lines = [f"{step.name}  {place(step)}", ", ".join(badges(flow, step)), summary(step.doc)]
    return "\n".join(line for line in lines if line)


def frame_shape(outline: Outline) -> Element:
    """A frame without its title; a foreach shows the edge of another behind it, as of a stack."""
    group = Element("g", {"class": f"frame {outline.kind}"})
    group.append(_rectangle(outline.corner, outline.width, outline.height, _ROUNDED))
    if outline.kind is FrameKind.FOREACH:
        SubElement(group, "path", {"d": _edge_behind(outline)})
    return group


def _edge_behind(outline: Outline) -> str:
    """What is seen of the same rectangle further right and down."""
    right, bottom = outline.corner.moved(Point(outline.width, outline.height))
    low, far = bottom + STACKED, right + STACKED
    return (
        f"M{_pair(Point(right, outline.corner.y + STACKED))}"
        f"Q{_pair(Point(far, outline.corner.y + STACKED + 1))} "
        f"{_pair(Point(far, outline.corner.y + STACKED + _ROUNDED))}"
        f"L{_pair(Point(far, low - _ROUNDED))}"
        f"Q{_pair(Point(far, low))} {_pair(Point(far - _ROUNDED, low))}"
        f"L{_pair(Point(outline.corner.x + STACKED + _ROUNDED, low))}"
        f"Q{_pair(Point(outline.corner.x + STACKED + 1, low))} "
        f"{_pair(Point(outline.corner.x + STACKED, bottom))}"
    )


def title_shape(outline: Outline) -> Element:
    """A frame's title, over the line that goes in below it."""
    shape = pill_shape(outline.title)
    shape.set("class", f"title {outline.kind}")
    return shape


def pill_shape(pill: Pill) -> Element:
    """A label on its line."""
    group = Element("g", {"class": "label"})
    corner = pill.top.moved(Point(-pill.width / 2, 0))
    group.append(_rectangle(corner, pill.width, pill.height, 10))
    for number, line in enumerate(pill.lines):
        baseline = Point(0, 13.8 + number * LINE_HEIGHT)
        group.append(_text(line, "middle", pill.top.moved(baseline)))
    return group


def edge_shape(edge: Edge, way: Sequence[Point]) -> Element:
    """An edge down through the points of its way, with an arrow at its end."""
    end = way[-1]
    tip = Point(end.x, end.y - _ARROW_LENGTH + 1)
    points = [way[0]]
    for point in (*way[1:-1], tip):
        if point.y > points[-1].y:
            points.append(point)
    path = [f"M{_pair(points[0])}"]
    path += [_downward(upper, lower) for upper, lower in pairwise(points)]
    return _edge(edge, "".join(path), (end, Point(0, -_ARROW_LENGTH), Point(_ARROW_HALF, 0)))


def _downward(upper: Point, lower: Point) -> str:
    if abs(upper.x - lower.x) < 0.1:
        return f"L{_pair(lower)}"
    middle = (upper.y + lower.y) / 2
    return f"C{_pair(Point(upper.x, middle))} {_pair(Point(lower.x, middle))} {_pair(lower)}"


def lane_shape(edge: Edge, lane: Sequence[Point]) -> Element:
    """A loop's edge: out to the right, up, and in again from there."""
    start, low, high, end = lane
    bend = min(_CORNER, (low.y - high.y) / 2)
    path = (
        f"M{_pair(start)}L{_pair(low.moved(Point(-bend, 0)))}"
        f"Q{_pair(low)} {_pair(low.moved(Point(0, -bend)))}"
        f"L{_pair(high.moved(Point(0, bend)))}"
        f"Q{_pair(high)} {_pair(high.moved(Point(-bend, 0)))}"
        f"L{_pair(end.moved(Point(_ARROW_LENGTH - 1, 0)))}"
    )
    return _edge(edge, path, (end, Point(_ARROW_LENGTH, 0), Point(0, _ARROW_HALF)))


def _edge(edge: Edge, path: str, arrow: tuple[Point, Point, Point]) -> Element:
    """The line and its arrow, which is given by its tip, its axis and its half width."""
    kind = "loop" if edge.back else edge.kind.value
    ends = {"data-from": edge.source, "data-to": edge.target}
    group = Element("g", {"class": f"edge {kind}", **ends})
    SubElement(group, "path", {"class": "line", "d": path})
    tip, axis, half = arrow
    base = tip.moved(axis)
    corners = (tip, base.moved(half), base.moved(Point(-half.x, -half.y)))
    shape = "M" + "L".join(_pair(corner) for corner in corners) + "Z"
    SubElement(group, "path", {"class": "arrow", "d": shape})
    return group


def _rectangle(corner: Point, width: float, height: float, radius: float) -> Element:
    places = {"x": corner.x, "y": corner.y, "width": width, "height": height, "rx": radius}
    return Element("rect", {name: _number(value) for name, value in places.items()})


def _text(text: str, name: str, at: Point) -> Element:
    element = Element("text", {"class": name, "x": _number(at.x), "y": _number(at.y)})
    element.text = text
    return element


def _pair(point: Point) -> str:
    return f"{_number(point.x)} {_number(point.y)}"


def _number(value: float) -> str:
    """With one digit behind the point at most: more could not be seen."""
    return f"{round(value, 1) + 0:g}" if abs(value) < 100_000 else f"{value:.0f}"
