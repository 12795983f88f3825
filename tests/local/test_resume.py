"""A run that resumes another: what it clones, what it runs, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from stored import artifacts

from flowc.errors import UsageError
from flowc.local.events import StepChanged, TaskCloned, TaskStarted
from flowc.local.lifetime import lifetime

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Lab

FLOW = """
    class F(FlowSpec):
        @step
        def start(self):
            self.xs = [1, 2, 3]
            self.next(self.fit, foreach="xs")

        @step
        def fit(self):
            assert self.input != {bad}
            self.y = self.input * {factor}
            self.next(self.join)

        @step
        def join(self, inputs):
            self.ys = [each.y for each in inputs]
            self.next(self.end)

        @step
        def end(self):
            self.origin = current.origin_run_id
"""
# What a fit of 2 fails in, and what mends it.
BROKEN = FLOW.format(bad=2, factor=1)
MENDED = FLOW.format(bad=0, factor=10)


def ran(lab: Lab) -> list[str]:
    return sorted(f"{event.step}/{event.path}" for event in lab.told(TaskStarted))


def cloned(lab: Lab) -> list[str]:
    return sorted(f"{event.step}/{event.path}" for event in lab.told(TaskCloned))


def failed(lab: Lab, source: str = BROKEN) -> str:
    """The id of a run that has failed."""
    result = lab.run(source)
    assert not result.succeeded
    lab.events.clear()
    return result.run


def test_what_has_finished_is_cloned_and_the_rest_runs(lab: Lab) -> None:
    origin = failed(lab)

    result = lab.run(MENDED, resumed=("latest",))

    assert result.succeeded
    assert result.run != origin
    assert cloned(lab) == ["fit/t.0", "fit/t.2", "start/t"]
    assert ran(lab) == ["end/t", "fit/t.1", "join/t"]
    assert lab.artifacts(result) == {
        **lab.artifacts(result, "join"),
        "ys": [1, 20, 3],
        "origin": origin,
    }
    assert (result.origin, result.cloned, result.tasks) == (origin, 3, 3)


def test_a_step_and_all_after_it_run_again_if_asked(lab: Lab) -> None:
    origin = lab.run(FLOW.format(bad=0, factor=1))
    lab.events.clear()

    result = lab.run(MENDED, resumed=(f"F/{origin.run}", "fit"))

    assert cloned(lab) == ["start/t"]
    assert lab.artifacts(result)["ys"] == [10, 20, 30]


def test_a_run_that_has_finished_is_cloned_as_a_whole(lab: Lab) -> None:
    origin = lab.run(MENDED)
    lab.events.clear()

    result = lab.run(BROKEN, resumed=(origin.run,))

    assert result.succeeded
    assert ran(lab) == []
    assert lab.artifacts(result) == lab.artifacts(origin)


def test_a_resumed_run_can_be_resumed(lab: Lab) -> None:
    failed(lab)
    second = lab.run(BROKEN, resumed=("latest",))
    lab.events.clear()

    result = lab.run(MENDED, resumed=("latest",))

    assert not second.succeeded
    assert cloned(lab) == ["fit/t.0", "fit/t.2", "start/t"]
    assert lab.artifacts(result)["origin"] == second.run


TWO = """
    class F(FlowSpec):
        @step
        def start(self):
            self.next({first})

        @step
        def a(self):
            self.trail = ["a"]
            self.next(self.b)

        {between}

        @step
        def b(self):
            self.trail = [*self.trail, "b"]
            self.next(self.end)

        @step
        def end(self):
            {end}
"""
BETWEEN = """
        @step
        def between(self):
            self.trail = ["between"]
            self.next(self.b)
"""


def test_a_step_with_another_before_it_runs_again(lab: Lab) -> None:
    failed(lab, TWO.format(first="self.a", between="", end="1 / 0"))
    source = TWO.format(first="self.a", between=BETWEEN, end="pass")

    result = lab.run(
        source.replace("self.next(self.b)", "self.next(self.between)", 1), resumed=("latest",)
    )

    assert result.succeeded
    assert cloned(lab) == ["start/t"]
    assert lab.artifacts(result)["trail"] == ["between", "b"]
    assert [(event.step, event.why) for event in lab.told(StepChanged)] == [
        ("a", "its `self.next` is another"),
        ("b", "other tasks come before it"),
    ]


def test_a_step_that_is_gone_does_not_matter(lab: Lab) -> None:
    failed(lab, TWO.format(first="self.a", between="", end="1 / 0"))

    lab.run(
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self): ...
        """,
        resumed=("latest",),
    )

    assert ran(lab) == ["end/t", "start/t"]


LOOP = """
    class F(FlowSpec):
        @step
        def start(self):
            self.n = 0
            self.next(self.body)

        @step
        def body(self):
            self.n += 1
            assert self.n != {bad}
            self.more = "yes" if self.n < 4 else "no"
            self.next({{"yes": self.body, "no": self.end}}, condition="more")

        @step
        def end(self): ...
"""


def test_rounds_of_a_loop_are_cloned(lab: Lab) -> None:
    failed(lab, LOOP.format(bad=3))

    result = lab.run(LOOP.format(bad=0), resumed=("latest",))

    assert cloned(lab) == ["body/t.r0", "body/t.r1", "start/t"]
    assert ran(lab) == ["body/t.r2", "body/t.r3", "end/t"]
    assert lab.artifacts(result)["n"] == 4


GANG = """
    class F(FlowSpec):
        @step
        def start(self):
            self.next(self.train, num_parallel=2)

        @parallel
        @step
        def train(self):
            if {fails} and current.parallel.node_index == 1:
                while not os.path.exists({flag!r}):
                    time.sleep(0.01)
                time.sleep(0.2)
                raise ValueError
            open({flag!r}, "w").close()
            self.next(self.join)

        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self): ...
"""


def test_a_gang_is_cloned_as_a_whole_or_not_at_all(lab: Lab) -> None:
    flag = str(lab.folder / "flag")
    failed(lab, GANG.format(fails=True, flag=flag))

    lab.run(GANG.format(fails=False, flag=flag), resumed=("latest",))

    assert cloned(lab) == ["start/t"]
    assert ran(lab) == ["end/t", "join/t", "train/t.0", "train/t.1"]


RETRIED = """
    class F(FlowSpec):
        @retry(times=2)
        @step
        def start(self):
            assert current.retry_count == 2
            self.next(self.middle)

        @catch(var="failure")
        @step
        def middle(self):
            1 / 0
            self.next(self.end)

        @step
        def end(self):
            assert {well}
"""


def test_a_task_counts_whichever_attempt_has_committed_it(lab: Lab) -> None:
    failed(lab, RETRIED.format(well=False))

    result = lab.run(RETRIED.format(well=True), resumed=("latest",))

    assert result.succeeded
    assert ran(lab) == ["end/t"]
    assert "ZeroDivisionError" in repr(vars(lab.artifacts(result)["failure"]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("7",), "flow `F` has no run `7`; there are `"),
        (("G/7",), "store holds no runs of a flow `G`; there are `F`"),
        (("latest", "fitt"), "--from fitt: flow `F` has no such step; it has `fit`"),
    ],
)
def test_what_is_not_there_cannot_be_resumed(
    lab: Lab, words: tuple[str, ...], message: str
) -> None:
    failed(lab)

    with pytest.raises(UsageError, match=message):
        lab.run(MENDED, resumed=words)


def test_a_run_of_another_flow_cannot_be_resumed(lab: Lab) -> None:
    other = lab.run(MENDED.replace("class F(", "class Other("))

    failed(lab)
    with pytest.raises(UsageError, match=f"Other/{other.run} is a run of another flow than `F`"):
        lab.run(MENDED, resumed=(f"Other/{other.run}",))


def test_a_run_that_goes_on_cannot_be_resumed(lab: Lab) -> None:
    origin = failed(lab)

    with (
        lifetime(lab.store / "F" / origin / "_flowc"),
        pytest.raises(UsageError, match=f"F/{origin} goes on right now; wait for its end"),
    ):
        lab.run(MENDED, resumed=(origin,))


PARAMETERS = """
from flowc import *

class F(FlowSpec):
    alpha = Parameter("alpha", default=0.5)
    title = Parameter("title", required=True, type=str)
    names = Parameter("names", separator=",", default="a,b")
    many = Parameter("many", type=JSONType, default="[1]")
    flag = Parameter("flag", default=False)
    settings = Config("settings", default_value="{{}}")
    {more}

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.seen = (self.alpha, self.title)
        assert {well}
"""


def run(folder: Path, *words: str, well: bool = True, more: str = "") -> tuple[int, str]:
    (folder / "flow.py").write_text(PARAMETERS.format(well=well, more=more))
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", "flow.py", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture
def failed_run(tmp_path: Path) -> Path:
    code, _ = run(tmp_path, "--title", "n", "--alpha", "2", well=False)
    assert code == 1
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--alpha", "2.0", "--title", "n"),
        ("--names", "a,b", "--many", "[ 1 ]", "--flag", "no"),
        ("--config-value", "settings", "{}"),
    ],
)
def test_parameters_come_from_the_origin(failed_run: Path, words: tuple[str, ...]) -> None:
    code, told = run(failed_run, "--resume", "latest", *words)

    assert code == 0, told
    assert "1 task in" in told
    assert ", 1 cloned from" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--alpha", "3"), "--alpha 3 differs from `2.0` in F/"),
        (("--flag",), "--flag true differs from `False` in F/"),
        (("--config-value", "settings", '{"a": 1}'), "config `settings` differs from what it was"),
    ],
)
def test_another_value_is_refused(failed_run: Path, words: tuple[str, ...], message: str) -> None:
    code, told = run(failed_run, "--resume", "latest", *words)

    assert (code, told.count("\n")) == (2, 1)
    assert message in told
    assert told.endswith("leave it as it was, or run all again with --from start\n")
    assert len(list((failed_run / ".metaflow" / "F").glob("[0-9]*"))) == 1


def test_another_value_is_taken_if_all_runs_again(failed_run: Path) -> None:
    code, told = run(failed_run, "--resume", "latest", "--from", "start", "--alpha", "3")

    assert code == 0, told
    # The title is still the origin's.
    assert _value(failed_run, "seen") == (3.0, "n")


def test_with_a_new_parameter_all_runs_again(failed_run: Path) -> None:
    more = 'beta = Parameter("beta", default=1)'
    code, told = run(failed_run, "--resume", "latest", "--beta", "4", more=more)

    assert code == 0, told
    assert "start runs again, though it has finished in" in told
    assert "parameter `beta` is new" in told
    assert (_value(failed_run, "seen"), _value(failed_run, "beta")) == ((2.0, "n"), 4)


def test_steps_run_again_only_of_another_run(tmp_path: Path) -> None:
    code, told = run(tmp_path, "--title", "n", "--from", "end")

    assert (code, told.count("\n")) == (2, 1)
    assert "name it with --resume" in told


def _value(folder: Path, name: str) -> object:
    latest = max(path.name for path in (folder / ".metaflow" / "F").glob("[0-9]*"))
    assert json.loads((folder / ".metaflow/F" / latest / "_flowc/run.json").read_text())
    return artifacts(folder / ".metaflow", "F", latest, ("end", "t"))[name]


EARLY = """
from flowc import *

class F(FlowSpec):
    alpha = Parameter("alpha", default=0.5)

    @step(start=True, end=True)
    def only(self):
        self.seen = self.alpha
        assert {well}
"""


@pytest.mark.parametrize(("words", "alpha"), [((), 2.0), (("--alpha", "3"), 3.0)])
def test_parameters_stay_where_the_first_step_has_failed(
    tmp_path: Path, words: tuple[str, ...], alpha: float
) -> None:
    for well, given in ((False, ("--alpha", "2")), (True, ("--resume", "latest", *words))):
        (tmp_path / "flow.py").write_text(EARLY.format(well=well))
        command = [sys.executable, "-m", "flowc", "run", "flow.py", *given]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is well, done.stderr

    latest = max(path.name for path in (tmp_path / ".metaflow" / "F").glob("[0-9]*"))
    assert artifacts(tmp_path / ".metaflow", "F", latest, ("only", "t"))["seen"] == alpha
