"""Tags and namespaces on the command line of `flowc run`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from stored import artifacts

FLOW = """
from flowc import FlowSpec, current, get_namespace, step

class F(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.seen = (sorted(current.tags), get_namespace(), current.namespace)
        current.run.add_tag("from a step")
        self.after = sorted(current.run.user_tags)
"""


def run(folder: Path, *words: str) -> tuple[int, str]:
    (folder / "flow.py").write_text(FLOW)
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", "flow.py", *words],
        cwd=folder,
        env={**os.environ, "METAFLOW_USER": "ada"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ((), ([], "user:ada", "user:ada")),
        (("--tag", "b", "--tag", "a c"), (["a c", "b"], "user:ada", "user:ada")),
        (("--namespace", "user:bob"), ([], "user:bob", "user:ada")),
        (("--namespace", ""), ([], None, "user:ada")),
    ],
)
def test_steps_see_the_tags_and_namespace_of_their_run(
    tmp_path: Path, words: tuple[str, ...], seen: tuple[object, ...]
) -> None:
    code, told = run(tmp_path, *words)

    assert code == 0, told
    (folder,) = (tmp_path / ".metaflow" / "F").glob("[0-9]*")
    found = artifacts(tmp_path / ".metaflow", "F", folder.name, ("end", "t"))
    assert found["seen"] == seen
    tags = seen[0]
    assert isinstance(tags, list)
    assert found["after"] == sorted([*tags, "from a step"])


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([""], "--tag: a tag must not be empty"),
        ([501 * "x"], "--tag: a tag has at most 500 characters, not 501"),
        ([str(i) for i in range(51)], "--tag: a run has at most 50 tags, not 51"),
    ],
)
def test_a_tag_that_cannot_be_is_refused(tmp_path: Path, tags: list[str], message: str) -> None:
    code, told = run(tmp_path, *(word for tag in tags for word in ("--tag", tag)))

    assert (code, told) == (2, f"flowc: error: {message}\n")
    assert not (tmp_path / ".metaflow").exists()
