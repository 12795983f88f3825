"""Hooks of a run that an engine has ended: those are called that fit what the store has of it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtime.conftest import Project

HEADER = """from flowc import *

def well(run):
    print("well", run.successful)

def badly():
    print("badly")

def broken():
    raise ValueError("no hook")
"""
STEP = """
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
ALL = "hook-success-0,hook-success-1,hook-error-0,hook-error-1"


@pytest.fixture
def hooked(project: Project) -> Project:
    project.plan["hooks"] = {"success": ["broken", "well"], "error": ["broken", "badly"]}
    project.linear(STEP, "start", "end", header=HEADER)
    return project


def call(project: Project, hooks: str, *words: str) -> subprocess.CompletedProcess[str]:
    return project.step(hooks, "t", *words)


@pytest.mark.parametrize("said", ['{"state": "SUCCEEDED"}', '{"state": "FAILED"}', "RUNNING"])
def test_a_run_whose_last_step_is_done_has_succeeded(hooked: Project, said: str) -> None:
    hooked.run()

    done = call(hooked, ALL, "--ended", said)

    assert (done.returncode, done.stdout) == (0, "well True\n")
    assert "ValueError: no hook" in done.stderr
    assert "the exit hook `broken` has failed" in done.stderr


@pytest.mark.parametrize("said", ['{"state": "COMPLETE"}', '{"state": "FAILED"}'])
def test_any_other_run_has_failed(hooked: Project, said: str) -> None:
    hooked.step("start")

    assert call(hooked, ALL, "--ended", said).stdout == "badly\n"


def test_no_hook_may_fit(hooked: Project) -> None:
    done = call(hooked, "hook-success-1", "--ended", "{}")

    assert (done.returncode, done.stdout) == (0, "")


def test_an_engine_that_knows_how_a_run_has_ended_is_believed(hooked: Project) -> None:
    assert call(hooked, "hook-error-1").stdout == "badly\n"
    assert call(hooked, "hook-error-0").returncode == 1
