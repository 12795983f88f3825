"""How the engine runs flows: failures, attempts, limits, and what it leaves behind."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from flowc.errors import UsageError
from flowc.ir.plan import render_plan
from flowc.local.engine import run
from flowc.local.events import (
    ForeachOpened,
    RunFinished,
    RunStarted,
    TaskFailed,
    TaskFinished,
    TaskLine,
    TaskRetried,
    TaskStarted,
    TaskStopped,
)
from flowc.local.run_id import new_run_id
from flowc.local.settings import RunSettings
from flowc.runtime.mflog import plain

from .conftest import is_alive, read

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Lab

# A flow of one step, whose lines a test gives.
ONE = """
    class OneFlow(FlowSpec):
        {decorators}
        @step(start=True, end=True)
        def only(self):
            {body}
"""

# A foreach over `count` items, whose body a test gives.
MANY = """
    class ManyFlow(FlowSpec):
        @step
        def start(self):
            self.items = list(range({count}))
            self.next(self.work, foreach="items")

        {decorators}
        @step
        def work(self):
            {body}
            self.next(self.join)

        @step
        def join(self, inputs):
            self.count = len(list(inputs))
            self.next(self.end)

        @step
        def end(self):
            pass
"""


def one(body: str, decorators: str = "") -> str:
    return ONE.format(body=body.replace("\n", "\n            "), decorators=decorators)


def many(body: str, count: int, decorators: str = "") -> str:
    body = body.replace("\n", "\n            ")
    return MANY.format(body=body, count=count, decorators=decorators)


def test_a_run_tells_what_happens_in_order(lab: Lab) -> None:
    result = lab.run(many("print('item', self.input)", count=2), max_workers=1)

    assert [type(event) for event in lab.events[:4]] == [
        RunStarted,
        TaskStarted,
        TaskFinished,
        ForeachOpened,
    ]
    assert lab.told(ForeachOpened) == [ForeachOpened("start", "t", 2, ("work",))]
    finished = [(event.step, event.path) for event in lab.told(TaskFinished)]
    assert finished == [
        ("start", "t"),
        ("work", "t.0"),
        ("work", "t.1"),
        ("join", "t"),
        ("end", "t"),
    ]
    assert lab.told(RunFinished) == [RunFinished(result)]
    assert (result.succeeded, result.tasks) == (True, 5)


def test_the_plan_is_kept_with_the_run(lab: Lab) -> None:
    result = lab.run(one("pass"))

    plan = (result.folder / "_flowc" / "plan.json").read_text()
    assert plan == render_plan(read(lab.folder / "flow.py"))


def test_a_failed_task_is_told_with_its_exit_code_attempts_and_log(lab: Lab) -> None:
    result = lab.run(one("raise ValueError('no luck')", "@retry(times=1)"))

    (failure,) = result.failures
    assert not result.succeeded
    assert (failure.step, failure.path) == ("only", "t")
    assert (failure.exit_code, failure.attempts) == (1, 2)
    assert failure.log.name == "1.task_stderr.log"
    assert failure.log.read_text().endswith("ValueError: no luck\n")
    assert [event.failure for event in lab.told(TaskFailed)] == [failure]


def test_after_a_failure_nothing_starts_and_what_runs_finishes(lab: Lab) -> None:
    body = "if self.input == 0: raise ValueError\ntime.sleep(1)"

    result = lab.run(many(body, count=6), max_workers=2)

    assert [event.path for event in lab.told(TaskStarted)] == ["t", "t.0", "t.1"]
    assert [event.path for event in lab.told(TaskFinished)] == ["t", "t.1"]
    assert [failure.path for failure in result.failures] == ["t.0"]


def test_every_task_that_fails_is_in_the_result(lab: Lab) -> None:
    body = "time.sleep(0.5)\nif self.input != 1: raise ValueError"

    result = lab.run(many(body, count=3))

    assert sorted(failure.path for failure in result.failures) == ["t.0", "t.2"]


def test_a_task_is_tried_again_at_once(lab: Lab) -> None:
    body = "if current.retry_count < 2: raise ValueError"

    result = lab.run(one(body, "@retry(times=2, minutes_between_retries=10)"))

    assert result.succeeded
    assert [event.attempt for event in lab.told(TaskStarted)] == [0, 1, 2]
    assert [event.exit_code for event in lab.told(TaskRetried)] == [1, 1]


def test_exit_code_64_is_not_tried_again(lab: Lab) -> None:
    result = lab.run(one("os._exit(64)", "@retry(times=3)"))

    assert [failure.attempts for failure in result.failures] == [1]
    assert result.failures[0].exit_code == 64


def test_catch_stands_in_for_a_task_that_was_killed(lab: Lab) -> None:
    body = "os.kill(os.getpid(), signal.SIGKILL)"

    result = lab.run(one(body, '@catch(var="failure")\n        @retry(times=1)'))

    assert result.succeeded
    assert [event.exit_code for event in lab.told(TaskRetried)] == [-9, -9]
    assert lab.artifacts(result, "only")["failure"] is not None


def test_a_step_that_withstands_its_timeout_is_killed(lab: Lab) -> None:
    body = "signal.signal(signal.SIGALRM, signal.SIG_IGN)\ntime.sleep(60)"

    result = lab.run(one(body, "@timeout(seconds=1)"), timeout_grace=0.5)

    assert [failure.exit_code for failure in result.failures] == [-9]
    assert result.seconds < 20


def test_no_more_tasks_run_at_once_than_allowed(lab: Lab) -> None:
    body = "print(time.monotonic(), 1)\ntime.sleep(0.1)\nprint(time.monotonic(), -1)"

    lab.run(many(body, count=9), max_workers=3)

    marks = sorted(tuple(map(float, line.text.split())) for line in lab.told(TaskLine))
    running = [sum(change for _, change in marks[: i + 1]) for i in range(len(marks))]
    assert len(marks) == 18
    assert max(running) <= 3


def test_nested_regions_share_the_limit(lab: Lab) -> None:
    running = most = 0
    source = """
        class GridFlow(FlowSpec):
            @step
            def start(self):
                self.items = [0, 1, 2]
                self.next(self.row, foreach="items")

            @step
            def row(self):
                self.next(self.cell, foreach="items")

            @step
            def cell(self):
                self.next(self.join_row)

            @step
            def join_row(self, inputs):
                self.next(self.join)

            @step
            def join(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
    """

    lab.run(source, max_workers=2)

    for event in lab.events:
        running += isinstance(event, TaskStarted)
        running -= isinstance(event, TaskFinished)
        most = max(most, running)
    assert most == 2


def test_all_of_a_gang_run_at_once_even_beyond_the_limit(lab: Lab) -> None:
    source = f"""
        class GangFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.work, num_parallel=4)

            @parallel
            @step
            def work(self):
                folder = {str(lab.folder)!r}
                open(f"{{folder}}/member{{self.index}}", "w").close()
                deadline = time.monotonic() + 20
                while sum(name.startswith("member") for name in os.listdir(folder)) < 4:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
                self.next(self.join)

            @step
            def join(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
    """

    assert lab.run(source, max_workers=2).succeeded


def test_when_a_member_fails_its_gang_ends(lab: Lab) -> None:
    source = """
        class GangFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.work, num_parallel=3)

            @retry(times=2)
            @parallel
            @step
            def work(self):
                time.sleep(300 if self.index else 0.5)
                os._exit(64)
                self.next(self.join)

            @step
            def join(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
    """

    result = lab.run(source)

    assert [failure.path for failure in result.failures] == ["t.0"]
    assert sorted(event.path for event in lab.told(TaskStopped)) == ["t.1", "t.2"]
    assert result.seconds < 30


def test_when_a_member_is_killed_its_gang_starts_again(lab: Lab) -> None:
    source = """
        class GangFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.work, num_parallel=3)

            @retry(times=2)
            @parallel
            @step
            def work(self):
                self.attempt = current.retry_count
                self.main = (current.parallel.main_ip, os.environ["MASTER_PORT"])
                if current.retry_count == 0:
                    time.sleep(300 if self.index else 0.5)
                    os.kill(os.getpid(), signal.SIGKILL)
                self.next(self.join)

            @step
            def join(self, inputs):
                self.attempts = [each.attempt for each in inputs]
                self.mains = {each.main for each in inputs}
                self.next(self.end)

            @step
            def end(self):
                pass
    """

    result = lab.run(source)

    assert result.succeeded
    assert result.seconds < 60
    found = lab.artifacts(result, "join")
    assert found["attempts"] == [1, 1, 1]
    assert len(found["mains"]) == 1
    codes = {event.path: event.exit_code for event in lab.told(TaskRetried)}
    assert codes == {"t.0": -9, "t.1": -15, "t.2": -15}
    assert not lab.told(TaskStopped)
    assert result.tasks == 6


def test_no_member_is_started_more_often_than_its_step_says(lab: Lab) -> None:
    source = """
        class GangFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.work, num_parallel=2)

            @retry(times=1)
            @parallel
            @step
            def work(self):
                time.sleep(300 if self.index else 0.5)
                raise ValueError("no luck")
                self.next(self.join)

            @step
            def join(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
    """

    result = lab.run(source)

    assert [(failure.path, failure.attempts) for failure in result.failures] == [("t.0", 2)]
    started = [event.path for event in lab.told(TaskStarted) if event.step == "work"]
    assert sorted(started) == ["t.0", "t.0", "t.1", "t.1"]
    assert [event.path for event in lab.told(TaskStopped)] == ["t.1"]


def test_a_gang_is_caught_as_a_whole(lab: Lab) -> None:
    source = """
        class GangFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.work, num_parallel=2)

            @catch(var="failure", print_exception=False)
            @parallel
            @step
            def work(self):
                time.sleep(300 if self.index else 0.5)
                os.kill(os.getpid(), signal.SIGKILL)
                self.next(self.join)

            @step
            def join(self, inputs):
                self.caught = [each.failure is not None for each in inputs]
                self.next(self.end)

            @step
            def end(self):
                pass
    """

    result = lab.run(source)

    assert result.succeeded
    assert lab.artifacts(result, "join")["caught"] == [True, True]


def test_a_wide_foreach_runs_to_its_end(lab: Lab) -> None:
    result = lab.run(many("pass", count=150))

    assert lab.artifacts(result, "join")["count"] == 150


def test_environment_is_set_for_its_step_alone(lab: Lab) -> None:
    body = "print(os.environ.get('LAB_WORD'))"

    lab.run(many(body, count=1, decorators="@environment(vars={'LAB_WORD': 'hello there'})"))

    assert [line.text for line in lab.told(TaskLine)] == ["hello there"]


def test_output_is_told_by_line_and_kept_whole(lab: Lab) -> None:
    body = r"""
print("first")
print("second", file=sys.stderr)
os.write(1, b"\xff broken\n" + b"x" * 200_000 + b"\n")
os.write(1, b"no end")""".strip()

    result = lab.run(one(body))

    told = [(line.stream, line.text) for line in lab.told(TaskLine)]
    assert ("stdout", "first") in told
    assert ("stderr", "second") in told
    assert ("stdout", "\ufffd broken") in told
    assert ("stdout", "no end") in told
    assert sum(text.count("x") for _, text in told) == 200_000
    kept = plain((result.folder / "only" / "t" / "0.task_stdout.log").read_bytes())
    assert kept == b"first\n\xff broken\n" + b"x" * 200_000 + b"\nno end"


def test_what_a_step_leaves_running_ends_with_it(lab: Lab) -> None:
    body = "print(subprocess.Popen(['sleep', '300']).pid)"

    result = lab.run(one(body))

    (line,) = lab.told(TaskLine)
    assert result.succeeded
    assert not is_running(int(line.text))


def test_a_run_does_not_wait_for_what_left_the_group(lab: Lab) -> None:
    body = "print(subprocess.Popen(['sleep', '300'], start_new_session=True).pid)"

    result = lab.run(one(body))

    (line,) = lab.told(TaskLine)
    os.kill(int(line.text), 9)
    assert result.succeeded
    assert result.seconds < 60


def test_a_python_that_does_not_exist_is_refused(tmp_path: Path, lab: Lab) -> None:
    flow = read(lab.write(one("pass")))
    settings = RunSettings("1", tmp_path / "store", tmp_path, python="/no/such/python")

    with pytest.raises(UsageError, match="no such Python"):
        run(flow, settings, lab.events.append)


def test_run_ids_are_never_given_twice(tmp_path: Path) -> None:
    ids = [new_run_id(tmp_path, "F") for _ in range(50)]

    assert len(set(ids)) == 50
    assert all(run_id.isdecimal() for run_id in ids)
    assert abs(int(ids[-1]) / 1e6 - time.time()) < 60


def is_running(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_alive(pid)
