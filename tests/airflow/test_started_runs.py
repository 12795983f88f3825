"""What starts a flow and what surrounds it, as real Airflows take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow.compiled import Placed, place_alone
from airflow.dag_runs import NotRun

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.dag_runs import Tester

FLOW = """\
from datetime import timedelta

from flowc import FlowSpec, IncludeFile, JSONType, Parameter, step
from flowc import airflow_external_task_sensor, exit_hook


def cheer():
    open("{place}/cheered", "a").write("yes")


def praise(run):
    open("{place}/praised", "a").write(run.pathspec)


def page(run):
    told = f"{{run.pathspec}} {{run.successful}}" if run else "nothing has run"
    open("{place}/paged", "a").write(told)


{decorators}
class TrainFlow(FlowSpec):
{members}

    @step
    def start(self):
        {start}
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def placed(
    tester: Tester, folder: Path, decorators: str = "", members: str = "", start: str = "pass"
) -> Placed:
    """The flow with these parts, in a folder that its hooks write to."""
    source = folder / "source"
    source.mkdir()
    text = FLOW.format(place=folder, decorators=decorators, members=members, start=start)
    (source / "flow.py").write_text(text)
    return place_alone(source, tester, folder / "store")


HOOKS = "@exit_hook(on_success=[cheer, praise], on_error=[page])"


def test_hooks_of_success_are_called_after_a_run_that_succeeded(
    tester: Tester, tmp_path: Path
) -> None:
    flow = placed(tester, tmp_path, HOOKS)

    ended = flow.run(tester)

    assert ended.state == "success", tester.log()
    assert ended.states() == {
        ("start", -1): "success",
        ("end", -1): "success",
        ("on_success_cheer", -1): "success",
        ("on_success_praise", -1): "success",
        ("on_error_page", -1): "skipped",
    }
    assert (tmp_path / "cheered").read_text() == "yes"
    assert (tmp_path / "praised").read_text() == f"TrainFlow/{flow.run_id(ended)}"
    assert not (tmp_path / "paged").exists()


def test_hooks_of_errors_are_called_after_a_run_that_stays_failed(
    tester: Tester, tmp_path: Path
) -> None:
    flow = placed(tester, tmp_path, HOOKS, start="raise ValueError")

    ended = flow.run(tester)

    assert ended.state == "failed", tester.log()
    assert ended.states() == {
        ("start", -1): "failed",
        ("end", -1): "upstream_failed",
        ("on_success_cheer", -1): "skipped",
        ("on_success_praise", -1): "skipped",
        ("on_error_page", -1): "success",
    }
    assert (tmp_path / "paged").read_text() == f"TrainFlow/{flow.run_id(ended)} False"
    assert not (tmp_path / "cheered").exists()


def test_a_hook_that_fails_does_not_change_how_the_run_ended(
    tester: Tester, tmp_path: Path
) -> None:
    flow = placed(tester, tmp_path, HOOKS)
    (tmp_path / "cheered").mkdir()

    ended = flow.run(tester)

    assert ended.states()["on_success_cheer", -1] == "failed"
    assert ended.states()["on_success_praise", -1] == "success"
    assert ended.state == "success", tester.log()


WAITING = "timeout=1, poke_interval=0.1, mode='poke', exponential_backoff=False"
ABSENT = f"external_dag_id='absent', check_existence=False, {WAITING}"


def test_a_flow_does_not_start_before_what_it_waits_for(tester: Tester, tmp_path: Path) -> None:
    flow = placed(tester, tmp_path, f"@airflow_external_task_sensor({ABSENT})\n{HOOKS}")

    ended = flow.run(tester)

    assert ended.state == "failed", tester.log()
    assert ended.states()["external_task", -1] == "failed"
    assert ended.states()["start", -1] == "upstream_failed"
    assert (tmp_path / "paged").read_text() == "nothing has run"


def test_a_sensor_that_gives_up_softly_leaves_the_flow_out(tester: Tester, tmp_path: Path) -> None:
    sensor = f"@airflow_external_task_sensor({ABSENT}, soft_fail=True)"
    flow = placed(tester, tmp_path, f"{sensor}\n{HOOKS}")

    ended = flow.run(tester)

    assert ended.state == "success", tester.log()
    assert ended.states() == {
        ("external_task", -1): "skipped",
        ("sensed", -1): "success",
        ("start", -1): "skipped",
        ("end", -1): "skipped",
        ("on_success_cheer", -1): "skipped",
        ("on_success_praise", -1): "skipped",
        ("on_error_page", -1): "skipped",
    }


PARAMETERS = """
    day = Parameter("day", required=True)
    count = Parameter("count", type=int, default=2)
    rate = Parameter("rate-x", type=float, default=1)
    fast = Parameter("fast", type=bool, default=True)
    options = Parameter("options", type=JSONType, default={"a": [1]})
    none = Parameter("none", type=int, default=None)
    later = Parameter("later", type=int, default=lambda context: 7)
"""
FOUND = "self.found = repr([self.day, self.count, self.rate, self.fast, self.options, self.none])"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"day": "1"}, ["1", 2, 1.0, True, {"a": [1]}, None]),
        (
            {"day": "", "count": 3, "rate-x": 2, "fast": False, "options": [1, None], "none": 0},
            ["", 3, 2.0, False, [1, None], 0],
        ),
        ({"day": "x", "options": '{"b": 1.5}'}, ["x", 2, 1.0, True, {"b": 1.5}, None]),
    ],
)
def test_values_reach_the_first_step_with_their_types(
    given: dict[str, object], found: list[object], tester: Tester, tmp_path: Path
) -> None:
    flow = placed(tester, tmp_path, members=PARAMETERS, start=FOUND)

    ended = flow.run(tester, given)

    assert ended.state == "success", tester.log()
    assert flow.artifacts(ended, "start")["found"] == repr(found)
    assert flow.artifacts(ended, "start")["later"] == 7


@pytest.mark.parametrize(
    "given", [{}, {"day": 1}, {"day": "x", "count": "3"}, {"day": "x", "fast": "no"}]
)
def test_what_a_parameter_cannot_be_is_refused_before_anything_starts(
    given: dict[str, object], tester: Tester, tmp_path: Path
) -> None:
    flow = placed(tester, tmp_path, members=PARAMETERS, start=FOUND)

    with pytest.raises(NotRun, match="ParamValidationError"):
        flow.run(tester, given)


def test_a_run_resumes_another_one(tester: Tester, tmp_path: Path) -> None:
    members = '    day = Parameter("day", default="monday")'
    once = f"open('{tmp_path}/runs', 'a').write(self.day + ' ')"
    flow = placed(tester, tmp_path, members=members, start=once)
    first = flow.run(tester, {"day": "friday"})
    origin = flow.run_id(first)

    second = flow.run(tester, {"flowc.origin": origin})
    third = flow.run(tester, {"flowc.origin": origin, "flowc.from": "start", "day": "sunday"})

    assert [second.state, third.state] == ["success", "success"], tester.log()
    assert (tmp_path / "runs").read_text() == "friday sunday "
    assert flow.artifacts(second)["day"] == "friday"
    assert flow.artifacts(third)["day"] == "sunday"
