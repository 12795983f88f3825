"""What a task decided as words in files that an engine names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from runtime.test_control_documents import write_foreach, write_loop

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.conftest import Project


def test_a_foreach_names_the_paths_of_its_items(project: Project, tmp_path: Path) -> None:
    write_foreach(project)
    place = tmp_path / "new" / "items"

    project.step("start", "t", "--items", str(place))

    assert json.loads(place.read_text()) == ["t.0", "t.1", "t.2"]


def test_no_more_items_are_told_than_there_are_slots(project: Project, tmp_path: Path) -> None:
    write_foreach(project)

    project.step("start", "t", "--items", str(tmp_path / "items"), "--slots", "2")

    assert json.loads((tmp_path / "items").read_text()) == ["t.0", "t.1"]


@pytest.mark.parametrize(
    ("path", "chosen", "at"), [("t.0", "a", "t.0.r1"), ("t.0.r1", "join", "t.0")]
)
def test_a_latch_names_a_step_and_where_it_runs(
    project: Project, tmp_path: Path, path: str, chosen: str, at: str
) -> None:
    write_loop(project)
    project.step("start")
    for each in ("t.0", "t.0.r1"):
        project.step("a", each)
        files = ("--next", str(tmp_path / f"{each}-next"), "--at", str(tmp_path / f"{each}-at"))
        project.step("turn", each, *files)

    assert (tmp_path / f"{path}-next").read_text() == chosen
    assert (tmp_path / f"{path}-at").read_text() == at
