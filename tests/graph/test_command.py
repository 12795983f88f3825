"""`flowc graph` as a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from graph.flows import FLOWS, fixture

from flowc.graph.formats import RENDERERS

TRAIN = str(FLOWS / "train" / "flow.py")


def flowc(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words], capture_output=True, text=True, check=False
    )


def test_text_comes_first() -> None:
    done = flowc("graph", TRAIN)

    assert done.stdout == RENDERERS["text"](fixture("train"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    done = flowc("graph", TRAIN, "--format", "svg", "-o", str(tmp_path / "train.svg"))

    assert (tmp_path / "train.svg").read_text(encoding="utf-8") == RENDERERS["svg"](
        fixture("train")
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_unknown_format_is_told_in_one_line() -> None:
    done = flowc("graph", TRAIN, "--format", "png")

    told = "flowc: error: there is no graph format `png`; there are text, mermaid, dot, json, svg\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_a_wrong_flow_is_reported_and_not_drawn(tmp_path: Path) -> None:
    text = Path(TRAIN).read_text(encoding="utf-8")
    (tmp_path / "flow.py").write_text(text.replace("self.next(self.end)", "self.next(self.ende)"))

    done = flowc("graph", str(tmp_path / "flow.py"), "-o", str(tmp_path / "graph.txt"))

    assert (done.returncode, done.stdout) == (1, "")
    assert "FC201 step `report` leads to `ende`" in done.stderr
    assert not (tmp_path / "graph.txt").exists()
