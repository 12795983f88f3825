"""Failures: what is retried, caught, timed out, and how it is told."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from runtime.conftest import ROOT

if TYPE_CHECKING:
    from runtime.conftest import Project

CATCH = {"catch": {"artifact": "failure", "print": True}}
FAILS = """
@step
def start(self):
    self.before = "kept"
    inner()

@step
def end(self):
    self.seen = (self.failure, self.before)
"""
HEADER = "from flowc import *\ndef inner():\n    raise KeyError('why')\n"


def test_a_failure_shows_the_traceback_of_the_user(project: Project) -> None:
    project.linear(FAILS, "start", "end", header=HEADER)

    done = project.step("start")

    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith('flow.py", line 10, in start')
    assert lines[-1] == "KeyError: 'why'"
    assert "flowc" not in done.stderr.replace(str(project.folder), "")
    assert project.record("done", "start") is None


def test_a_failure_of_the_file_shows_its_traceback(project: Project) -> None:
    project.linear(FAILS, "start", "end", header=HEADER + "inner()\n")

    done = project.step("start")

    assert done.returncode == 1
    assert done.stderr.splitlines()[1].endswith('flow.py", line 4, in <module>')


def test_the_cause_of_a_failure_is_shown_too(project: Project) -> None:
    code = "try: inner()\n    except KeyError as e: raise ValueError('outer') from self.missing\n"
    project.linear(f"@step\ndef start(self):\n    {code}", "start", header=HEADER)

    done = project.step("start")

    assert "KeyError: 'why'" in done.stderr
    assert done.stderr.endswith("AttributeError: flow `F` has no attribute `missing`\n")
    assert "spec.py" not in done.stderr


def test_a_catch_waits_for_the_last_attempt(project: Project) -> None:
    project.linear(FAILS, "start", "end", header=HEADER, retries=1, **CATCH)

    first, second = project.step("start", attempt=0), project.step("start", attempt=1)
    project.step("end")

    assert (first.returncode, second.returncode) == (1, 0)
    record = project.record("done", "start")
    assert (record["attempt"], record["parents"], record["caught"]) == (1, [], True)
    failure, before = project.artifact("seen", "end")
    assert before == "kept"
    assert (failure.type, failure.exception) == ("builtins.KeyError", "'why'")
    assert failure.stacktrace.splitlines()[1].endswith("line 10, in start")
    assert "flowc/runtime" not in failure.stacktrace


def test_a_caught_exception_is_printed_if_the_catch_says_so(project: Project) -> None:
    for printed in (True, False):
        catch = {"catch": {"artifact": "failure", **({"print": True} if printed else {})}}
        catch["catch"]["print"] = printed
        project.linear(FAILS, "start", "end", header=HEADER, **catch)
        done = project.step("start")
        assert ("@catch caught an exception from step `start`" in done.stdout) == printed
        assert ("KeyError" in done.stderr) == printed


def test_a_success_sets_the_artifact_of_a_catch_to_none(project: Project) -> None:
    project.linear(
        "@step\ndef start(self): self.next(self.end)\n@step\ndef end(self): ...\n",
        "start",
        "end",
        **CATCH,
    )

    project.run()

    assert project.artifact("failure", "end") is None
    assert project.record("done", "start")["caught"] is False


def test_a_fallback_does_not_run_the_step(project: Project) -> None:
    source = """
    @step
    def start(self): self.next(self.fit)
    @step
    def fit(self): raise SystemExit(9)
    @step
    def end(self): ...
    """
    project.linear(source, "start", "fit", "end")
    text = (project.folder / "plan.json").read_text()
    fit = '"fit": {"kind": "linear", '
    (project.folder / "plan.json").write_text(
        text.replace(fit, fit + '"retries": 1, "catch": {"artifact": "failure"}, ')
    )
    project.step("start")
    codes = [project.step("fit", attempt=attempt).returncode for attempt in (0, 1)]
    (project.folder / "flow.py").write_text("raise OSError('this must not be loaded')")

    done = project.step("fit", attempt=2)

    assert codes == [1, 1]
    assert done.returncode == 0, done.stderr
    record = project.record("done", "fit")
    assert (record["attempt"], record["parents"], record["caught"]) == (2, [["start", "t"]], True)
    failure = project.artifact("failure", "fit", attempt=2)
    assert "kept failing over 2 attempts" in failure.exception


def test_a_fallback_of_the_first_step_keeps_the_parameters(project: Project) -> None:
    source = "p = Parameter('p')\n@step\ndef start(self): raise SystemExit(1)\n"
    project.linear(source, "start", **CATCH)
    project.step("start", "t", "--param", "p=1")
    (project.folder / "flow.py").write_text("raise OSError('this must not be loaded')")

    done = project.step("start", attempt=1)

    assert done.returncode == 0, done.stderr
    assert project.artifact("p", "start", attempt=1) == "1"


def test_attempts_can_be_counted_by_the_task_itself(project: Project) -> None:
    project.linear("@step\ndef start(self): 1 / current.retry_count\n", "start")

    codes = [project.step("start", attempt="auto").returncode for _ in range(2)]

    assert codes == [1, 0]
    assert project.record("done", "start")["attempt"] == 1


@pytest.mark.parametrize("catch", [False, True])
def test_a_timeout_is_a_failure_like_any_other(project: Project, *, catch: bool) -> None:
    source = "@step\ndef start(self):\n    import time\n    time.sleep(30)\n"
    project.linear(source, "start", timeout=1, **(CATCH if catch else {}))

    done = project.step("start")

    assert done.returncode == (0 if catch else 1)
    assert "step `start` timed out after 0 hours, 0 minutes, 1 seconds" in done.stderr


def test_a_timeout_does_not_outlive_the_step(project: Project) -> None:
    source = "@step\ndef start(self):\n    self.slow = Slow()\n"
    header = """
from flowc import *
import time
class Slow:
    def __reduce__(self):
        time.sleep(1.2)
        return (str, ())
"""
    project.linear(source, "start", timeout=1, header=header)

    assert project.step("start").returncode == 0


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("sys.exit(1)", 1),
        ("sys.exit(64)", 1),
        ("sys.exit('message')", 1),
        ("sys.exit(0)", 64),
        ("self.next(self.end); sys.exit(0)", 0),
        ("self.next(self.end); sys.exit(3)", 1),
    ],
)
def test_an_exit_fails_unless_all_is_said(project: Project, code: str, expected: int) -> None:
    source = f"@step\ndef start(self):\n    {code}\n@step\ndef end(self): ...\n"
    project.linear(source, "start", "end", header="from flowc import *\nimport sys\n")

    done = project.step("start")

    assert done.returncode == expected
    assert (project.record("done", "start") is not None) == (expected == 0)


def test_an_artifact_that_cannot_be_pickled_is_named(project: Project) -> None:
    project.linear(
        "@step\ndef start(self):\n    import threading\n    self.lock = threading.Lock()\n", "start"
    )

    done = project.step("start")

    assert done.returncode == 1
    assert "artifact `lock` of type `_thread.lock` cannot be pickled" in done.stderr


def test_a_flow_is_no_artifact(project: Project) -> None:
    project.linear("@step\ndef start(self): self.me = [self]\n", "start")

    done = project.step("start")

    assert done.returncode == 1
    assert "flows can't be serialized" in done.stderr


def test_a_termination_ends_the_task_at_once(project: Project) -> None:
    source = "@step\ndef start(self):\n    import time\n    print('ready')\n    time.sleep(30)\n"
    project.linear(source, "start")
    words = ["step", "start", "--plan", "plan.json", "--store", "store", "--run", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "flowc.runtime", *words, "--path", "t"],
        cwd=project.folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == b"ready\n"
        begin = time.monotonic()
        running.send_signal(signal.SIGTERM)
        code = running.wait()

    assert code == -signal.SIGTERM
    assert time.monotonic() - begin < 5
    assert project.record("done", "start") is None


def test_nothing_of_a_killed_attempt_is_visible(project: Project) -> None:
    source = """
    @step
    def start(self):
        self.xs = [1, 2]
        self.bomb = Bomb()
        self.next(self.end, foreach="xs")
    @step
    def end(self): ...
    """
    bomb = "import os\nclass Bomb:\n    def __reduce__(self): os._exit(9)\n"
    project.linear(
        source, "start", "end", header=f"from flowc import *\n{bomb}", kind="foreach", artifact="xs"
    )

    done = project.step("start")

    assert done.returncode == 9
    assert project.record("done", "start") is None
    assert project.record("control", "start") is None
