"""Nothing is unpickled that nobody looks at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.conftest import ROOT

if TYPE_CHECKING:
    from faults.conftest import Site

SOURCE = """
class Poison:
    def __reduce__(self):
        return open, (os.path.abspath("poisoned"), "w")


class F(FlowSpec):
    @step
    def start(self):
        self.poison = Poison()
        self.xs = ["a", "b"]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.seen = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [each.seen for each in inputs]
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        if "LOOK" in os.environ:
            self.poison
"""
TASKS = [("start", "t"), ("fit", "t.0"), ("fit", "t.1"), ("join", "t"), ("end", "t")]


@pytest.fixture
def ended(site: Site) -> Site:
    site.write(SOURCE)
    for task in TASKS:
        assert site.step(*task) == 0, site.log()
    return site


def test_what_no_step_looks_at_does_no_harm(ended: Site) -> None:
    artifacts = ended.record("done", "end")["artifacts"]
    assert artifacts["poison"] == ended.record("done", "start")["artifacts"]["poison"]
    assert not (ended.folder / "poisoned").exists()


def test_what_a_step_looks_at_is_unpickled(ended: Site) -> None:
    ended.environment["LOOK"] = "1"

    ended.step("end")

    assert (ended.folder / "poisoned").exists()


COMMANDS = [("runs",), ("logs", "F/1"), ("artifacts", "F/1"), ("artifacts", "F/1", "end")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("output", ["text", "json"])
def test_commands_unpickle_nothing(ended: Site, words: tuple[str, ...], output: str) -> None:
    done = flowc(ended.folder, *words, "--format", output)

    assert done.returncode == 0, done.stderr
    assert ("poison" in done.stdout) == (words[0] == "artifacts")
    assert not (ended.folder / "poisoned").exists()


def test_what_is_read_of_a_run_s_graph_calls_nothing(ended: Site) -> None:
    """The graph is an artifact as well, and without a plan says where a run ends."""
    (ended.store / "F/1/_flowc/plan.json").unlink()
    poison, graph = (
        ended.record("done", "start")["artifacts"][name][0] for name in ("poison", "_graph_info")
    )
    listing = ended.store / "F/1/_parameters/t/0.data.json"
    listing.write_text(listing.read_text().replace(graph, poison))

    done = flowc(ended.folder, "runs")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "is no record that flowc wrote" in done.stderr
    assert not (ended.folder / "poisoned").exists()


def flowc(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words, "--datastore-root", "store"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
