"""The SVG picture: everything is there, readable, and clear of everything else."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from graph.flows import FIXTURES, fixture, hostile, hostile_cases, large
from graph.picture import Picture, rectangle, texts
from hypothesis import HealthCheck, given, settings
from random_flows import Graph, flows, render

from flowc.driver import read_flow
from flowc.graph.svg.drawing import render_svg
from flowc.ir.flow import Flow
from flowc.ir.region import Block, Foreach, Loop, Task, walk


def check(flow: Flow) -> None:
    """All that holds of the picture of any flow."""
    text = render_svg(flow)
    picture = Picture(text)
    assert text == render_svg(flow)
    assert picture.boxes().keys() == flow.steps.keys()
    _check_room(picture)
    _check_texts(picture)
    _check_lines(flow, picture)
    _check_frames(flow, picture)


def _check_room(picture: Picture) -> None:
    boxes, pills = list(picture.boxes().values()), picture.pills()
    for one, other in combinations([*boxes, *pills], 2):
        assert not one.overlaps(other)
    for shape in (*boxes, *pills, *picture.frames()):
        assert picture.whole.holds(shape)
    titles = [rectangle(it) for it in picture.groups("title")]
    for frame, title in zip(picture.frames(), titles, strict=True):
        assert frame.left < title.left < title.right < frame.right
        assert title.top < frame.top < title.bottom
    for box in boxes:
        assert all(frame.holds(box) or not frame.overlaps(box) for frame in picture.frames())


def _check_texts(picture: Picture) -> None:
    for group in [*picture.groups("step"), *picture.groups("label"), *picture.groups("title")]:
        around = rectangle(group)
        found = list(texts(group))
        assert all(around.holds(place) for _, place in found)
        assert not any(one.overlaps(other) for (_, one), (_, other) in combinations(found, 2))
    for about in picture.groups("about"):
        assert all(picture.whole.holds(place) for _, place in texts(about))


def _check_lines(flow: Flow, picture: Picture) -> None:
    boxes, lines = picture.boxes(), list(picture.lines())
    edges = sorted((name, to) for name, step in flow.steps.items() for to in step.next_steps)
    assert sorted((line.source, line.target) for line in lines) == edges
    for line in lines:
        assert boxes[line.source].has_on_border(line.places[0])
        assert boxes[line.target].has_on_border(line.tip)
        assert all(picture.whole.has_inside(place) for place in line.places)
        assert not any(box.has_inside(it) for box in boxes.values() for it in line.places[1:])


def _check_frames(flow: Flow, picture: Picture) -> None:
    boxes = picture.boxes()
    drawn = [
        sorted(name for name, box in boxes.items() if frame.holds(box))
        for frame in picture.frames()
    ]
    framed = {
        (region.at, tuple(_steps(region.body)))
        for region in walk(flow.body)
        if isinstance(region, Foreach | Loop)
    }
    assert sorted(drawn) == sorted(list(steps) for _, steps in framed)


def _steps(block: Block) -> list[str]:
    return sorted({region.step for region in walk(block) if isinstance(region, Task)})


@pytest.mark.parametrize("name", FIXTURES)
def test_fixture(name: str) -> None:
    check(fixture(name))


def test_hostile_names_and_texts(tmp_path: Path) -> None:
    check(hostile(tmp_path))


def test_many_and_long_cases(tmp_path: Path) -> None:
    flow = hostile_cases(tmp_path)
    picture = Picture(render_svg(flow))
    [loop] = picture.frames()
    label = max(map(rectangle, picture.groups("label")), key=lambda it: it.bottom - it.top)

    check(flow)
    assert label.bottom - label.top > picture.boxes()["a"].bottom - picture.boxes()["a"].top
    assert loop.holds(label)


@pytest.mark.parametrize("parts", [6, 50])
def test_large_flow(parts: int, tmp_path: Path) -> None:
    check(large(tmp_path, parts))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("svg") / "flow.py"


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(graph=flows(max_steps=40))
def test_random_flow(file: Path, graph: Graph) -> None:
    file.write_text(render(graph))
    reading = read_flow(str(file))
    assert reading.flow, reading.diagnostics
    check(reading.flow)


def test_a_name_is_whole_however_long(tmp_path: Path) -> None:
    name = "a_step_whose_name_is_longer_than_what_one_line_of_a_box_could_ever_hold"
    picture = Picture(render_svg(hostile(tmp_path)))
    [group] = [it for it in picture.groups("step") if it.get("data-step") == name]

    assert "".join(it.text or "" for it in group if it.get("class") == "name") == name


def test_a_step_tells_what_it_is_and_where() -> None:
    picture = Picture(render_svg(fixture("train")))
    [group] = [it for it in picture.groups("step") if it.get("data-step") == "fit"]
    shown = [text for text, _ in texts(group)]

    assert "retry 2x · 2 cpu · 2048 MB" in shown
    assert (group[0].text or "").splitlines()[0] == "fit  flow.py:67"
    assert (group[0].text or "").endswith("measure it on houses it has not seen.")


def test_the_picture_has_a_title_and_a_description() -> None:
    picture = Picture(render_svg(fixture("train")))
    title, description, *_ = picture.root

    assert title.text == "Step graph of TrainFlow"
    assert "judge leads to publish or explain." in (description.text or "")
    assert picture.root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_the_picture_needs_nothing_else() -> None:
    text = render_svg(fixture("deep_mix")).replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert "prefers-color-scheme:dark" in text
    assert not any(word in text for word in ("http:", "https:", "url(", "@import", "<script"))
