"""A plan that is given as its own text, in a word or a variable, as long as Linux allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

    from runtime.conftest import Project

# With the byte that ends it; https://man7.org/linux/man-pages/man2/execve.2.html
LONGEST = 128 * 1024 - 1


def write(project: Project) -> str:
    """The text of the plan, which is in no file."""
    project.write(
        """
        @step
        def start(self):
            self.items = [1, 2]
            self.next(self.work, foreach="items")

        @step
        def work(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            self.sum = sum(each.input for each in inputs)
        """,
        {
            "start": {"kind": "foreach", "next": ["work"], "artifact": "items"},
            "work": {"kind": "linear", "next": ["join"]},
            "join": {"kind": "end", "join": True},
        },
        [{"task": "start"}, {"foreach": "start", "body": [{"task": "work"}]}, {"task": "join"}],
    )
    file = project.folder / "plan.json"
    text = file.read_text()
    file.unlink()
    return text


def run(
    project: Project, command: str, step: str, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    options = ["--store", project.url, "--run", "1", "--path", "t"]
    return project.shim(command, step, *words, *options, **variables)


@pytest.mark.parametrize("place", ["variable", "word"])
def test_tasks_and_regions_read_a_long_text(project: Project, place: str) -> None:
    text = write(project)
    variables = {"FLOWC_PLAN": text.ljust(LONGEST - len("FLOWC_PLAN="))}
    words = ["--plan", text.ljust(LONGEST)]
    if place == "variable":
        words = []
    else:
        variables = {}

    for command, step in (("step", "start"), ("region", "start"), ("step", "join")):
        done = run(project, command, step, *words, **variables)
        assert done.returncode == 0, done.stderr

    assert project.record("done", "join")
    assert (project.stored("1/_flowc/plan.json") or b"").decode().strip() == text


def test_a_region_hands_on_the_plan_that_it_was_told(project: Project) -> None:
    text = write(project)
    run(project, "step", "start", "--plan", text)

    done = run(project, "region", "start", "--plan", text, FLOWC_PLAN="nowhere")

    assert done.returncode == 0, done.stderr
    assert project.record("done", "work", "t.1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "the text of the plan is not a plan of flowc: KeyError('version')"),
        ('{"version": 2}', "the plan has version 2, but this flowc reads version 1"),
        ('{"secret"', "the text of the plan is not a plan of flowc: JSONDecodeError("),
    ],
)
def test_a_wrong_text_is_refused(project: Project, text: str, message: str) -> None:
    done = run(project, "step", "start", "--plan", text)

    assert done.returncode == 64
    assert done.stderr.startswith(f"flowc: {message}")
    assert done.stderr.count("\n") == 1
