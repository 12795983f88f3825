"""An SVG picture read back as rectangles, lines and texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"heading": 19.0, "name": 14.0}
SAMPLES = 24

Place = tuple[float, float]


@dataclass(frozen=True)
class Rectangle:
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rectangle) -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    def holds(self, other: Rectangle) -> bool:
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom

    def has_inside(self, place: Place) -> bool:
        return self.left < place[0] < self.right and self.top < place[1] < self.bottom

    def has_on_border(self, place: Place) -> bool:
        near = Rectangle(self.left - 0.2, self.top - 0.2, self.right + 0.2, self.bottom + 0.2)
        far = Rectangle(self.left + 0.2, self.top + 0.2, self.right - 0.2, self.bottom - 0.2)
        return near.has_inside(place) and not far.has_inside(place)


@dataclass(frozen=True)
class Line:
    source: str
    target: str
    places: Sequence[Place]
    tip: Place


class Picture:
    """What a picture shows."""

    def __init__(self, text: str) -> None:
        self.root = ET.fromstring(text)
        self.whole = Rectangle(0, 0, *(float(self.root.attrib[it]) for it in ("width", "height")))

    def groups(self, name: str) -> list[ET.Element]:
        return [it for it in self.root.iter(f"{SVG}g") if name in it.get("class", "").split()]

    def boxes(self) -> dict[str, Rectangle]:
        return {group.attrib["data-step"]: rectangle(group) for group in self.groups("step")}

    def frames(self) -> list[Rectangle]:
        return [rectangle(group) for group in self.groups("frame")]

    def pills(self) -> list[Rectangle]:
        return [rectangle(it) for it in (*self.groups("label"), *self.groups("title"))]

    def lines(self) -> Iterator[Line]:
        for group in self.groups("edge"):
            line, arrow = (path.attrib["d"] for path in group.iter(f"{SVG}path"))
            ends = group.attrib["data-from"], group.attrib["data-to"]
            yield Line(*ends, list(places(line)), next(places(arrow)))


def rectangle(group: ET.Element) -> Rectangle:
    found = group.find(f"{SVG}rect")
    assert found is not None
    x, y, width, height = (float(found.attrib[it]) for it in ("x", "y", "width", "height"))
    return Rectangle(x, y, x + width, y + height)


def texts(group: ET.Element) -> Iterator[tuple[str, Rectangle]]:
    """Each text with the room that the widest of common monospaced fonts takes for it."""
    for element in group.iter(f"{SVG}text"):
        text, name = element.text or "", element.attrib["class"]
        size = SIZES.get(name, 11.0)
        letters = sum(1 + (unicodedata.east_asian_width(it) in "WF") for it in text)
        width = letters * size * 0.615
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - {"line": width, "middle": width / 2}.get(name, 0)
        yield text, Rectangle(left, y - 0.8 * size, left + width, y + 0.25 * size)


def places(path: str) -> Iterator[Place]:
    """Many places on a path of absolute M, L, Q and C."""
    here = (0.0, 0.0)
    for command, written in re.findall(r"([MLQC])([-0-9. ]+)", path):
        numbers = [float(number) for number in written.split()]
        points = [here, *zip(numbers[::2], numbers[1::2], strict=True)]
        if command == "M":
            yield points[-1]
        else:
            yield from (_on_curve(points, step / SAMPLES) for step in range(1, SAMPLES + 1))
        here = points[-1]


def _on_curve(points: Sequence[Place], share: float) -> Place:
    """De Casteljau's construction, for straight lines too."""
    if len(points) == 1:
        return points[0]
    inner = [
        (x + (to_x - x) * share, y + (to_y - y) * share)
        for (x, y), (to_x, to_y) in pairwise(points)
    ]
    return _on_curve(inner, share)
