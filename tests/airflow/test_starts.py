"""What starts a flow on Airflow and what surrounds it, as its file says so."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from airflow.test_dags import OPTIONS

from flowc.cli.project import on_branch
from flowc.driver import read_flow
from flowc.targets import get_target

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.ir.flow import Flow
    from flowc.targets.target import CompileOptions

FLOW = """\
from datetime import timedelta

from flowc import FlowSpec, Parameter, step
from flowc import airflow_external_task_sensor, airflow_s3_key_sensor, exit_hook, project
from flowc import schedule, trigger, trigger_on_finish


def page(run):
    pass


{decorators}
class TrainFlow(FlowSpec):
    {doc}

{members}

    @step
    def start(self):
        "Reads."
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def source(decorators: str = "", members: str = "", doc: str = "pass") -> str:
    return FLOW.format(decorators=decorators, members=members, doc=doc)


def flow_of(text: str, folder: Path) -> Flow:
    file = folder / "flow.py"
    file.write_text(text)
    reading = read_flow(str(file))
    assert reading.flow, reading.diagnostics
    return reading.flow


def codes(text: str, folder: Path, options: CompileOptions = OPTIONS) -> list[str]:
    return [each.code for each in get_target("airflow").emit(flow_of(text, folder), options)[1]]


def tree_of(flow: Flow, options: CompileOptions = OPTIONS) -> ast.Module:
    manifest, found = get_target("airflow").emit(flow, options)
    assert manifest, found
    return ast.parse(manifest.text)


def arguments(flow: Flow, options: CompileOptions = OPTIONS) -> dict[str, str]:
    """The arguments of the flow's DAG, each as it is written."""
    (dag, *_) = (node for node in tree_of(flow, options).body if isinstance(node, ast.With))
    call = dag.items[0].context_expr
    assert isinstance(call, ast.Call)
    return {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg}


def tasks(flow: Flow) -> list[str]:
    (dag, *_) = (node for node in tree_of(flow).body if isinstance(node, ast.With))
    return [ast.unparse(node) for node in dag.body]


def schedule_of(decorators: str, folder: Path, members: str = "") -> str:
    return arguments(flow_of(source(decorators, members), folder))["schedule"]


HOURLY = "'0 * * * *'"


@pytest.mark.parametrize(
    ("decorator", "schedule"),
    [
        ("", "None"),
        ("@schedule(daily=True)", "clock('0 0 * * *', timezone='UTC')"),
        (
            '@schedule(cron="30 6 ? * 2 *", timezone="Asia/Tokyo")',
            "clock('30 6 * * 1', timezone='Asia/Tokyo')",
        ),
        ('@schedule(cron="0 9 L * ? *")', "clock('0 9 L * *', timezone='UTC')"),
        ('@trigger(event="a")', "[Asset('a')]"),
        ('@trigger(events=["a", "b"])', "[Asset('a'), Asset('b')]"),
        ('@trigger_on_finish(flow="OtherFlow")', "[Asset('metaflow.OtherFlow.end')]"),
        (
            '@trigger(event="a")\n@trigger_on_finish(flow="OtherFlow")',
            "AssetAny(Asset('a'), Asset('metaflow.OtherFlow.end'))",
        ),
        (
            '@trigger(events=["a", "b"])\n@trigger_on_finish(flow="OtherFlow")',
            "AssetAny(AssetAll(Asset('a'), Asset('b')), Asset('metaflow.OtherFlow.end'))",
        ),
        (
            '@schedule(hourly=True)\n@trigger(event="a")',
            f"AssetOrTimeSchedule(timetable=clock({HOURLY}, timezone='UTC'), assets=[Asset('a')])",
        ),
    ],
)
def test_what_starts_a_flow_is_the_schedule_of_its_dag(
    decorator: str, schedule: str, tmp_path: Path
) -> None:
    assert schedule_of(decorator, tmp_path) == schedule


def test_flows_of_a_project_start_each_other_within_their_branch(tmp_path: Path) -> None:
    text = source('@project(name="ml")\n@trigger_on_finish(flow="OtherFlow")')
    flow = on_branch(flow_of(text, tmp_path), "fast", production=False)

    assert arguments(flow)["schedule"] == "[Asset('metaflow.ml.test.fast.OtherFlow.end')]"
    assert tasks(flow)[-1] == (
        "end = step('end', after=[start], outlets=[Asset('metaflow.ml.test.fast.TrainFlow.end')])"
    )


def test_a_deployment_of_another_name_starts_nobody_who_waits_for_the_flow(tmp_path: Path) -> None:
    flow = flow_of(source(), tmp_path)
    manifest, _ = get_target("airflow").emit(flow, replace(OPTIONS, name="trial"))

    assert manifest
    assert "outlets=[Asset('metaflow.trial.end')]" in ast.unparse(ast.parse(manifest.text))


NEEDED = '    day = Parameter("day", required=True)'


@pytest.mark.parametrize(
    ("decorator", "members", "found"),
    [
        ('@schedule(cron="0 9 15W * ? *")', "", ["FC677"]),
        ('@schedule(cron="0 9 * * ? 2031")', "", ["FC677"]),
        ("@schedule(daily=True)", NEEDED, ["FC678"]),
        ('@trigger_on_finish(flow="OtherFlow")', NEEDED, ["FC678"]),
        ('@trigger(event={"name": "a", "parameters": {"day": "date"}})', NEEDED, []),
        (f'@trigger(event="{"a" * 1501}")', "", ["FC680"]),
        ('@trigger(event="context")', "", ["FC680"]),
        (
            '@trigger(events=["a", "b"], options={"reset_at": {"cron": "0 4 * * *"}})',
            "",
            ["FC681"],
        ),
        ('@airflow_s3_key_sensor(bucket_key="s3://a/b", name="of today")', "", ["FC682"]),
        ('@airflow_s3_key_sensor(bucket_key="s3://a/b", name="start")', "", ["FC682"]),
        ('@airflow_s3_key_sensor(bucket_key="s3://a/b", name="today-1.0")', "", []),
    ],
)
def test_what_airflow_cannot_have_is_found(
    decorator: str, members: str, found: list[str], tmp_path: Path
) -> None:
    assert codes(source(decorator, members), tmp_path) == found


def test_tags_of_more_than_100_characters_are_found(tmp_path: Path) -> None:
    assert codes(source(), tmp_path, replace(OPTIONS, tags={"team": "m" * 95})) == []
    assert codes(source(), tmp_path, replace(OPTIONS, tags={"team": "m" * 96})) == ["FC679"]


def test_a_dag_is_found_by_its_tags(tmp_path: Path) -> None:
    flow = on_branch(flow_of(source('@project(name="ml")'), tmp_path), None, production=True)

    found = arguments(flow, replace(OPTIONS, tags={"team": "a", "nightly": ""}))

    assert ast.literal_eval(found["tags"]) == [
        *("flowc", "flow:TrainFlow", "project:ml", "branch:prod", "team:a", "nightly")
    ]
    assert "'owner': 'ml'" in found["default_args"]


def test_the_document_says_which_dag_starts_by_itself(tmp_path: Path) -> None:
    def first_dag(decorator: str) -> object:
        flow = flow_of(source(decorator), tmp_path)
        manifest, _ = get_target("airflow").emit(flow, OPTIONS)
        assert manifest
        return manifest.documents[0]["dags"]

    assert first_dag("") == [{"id": "TrainFlow", "scheduled": False}]
    assert first_dag("@schedule(daily=True)") == [{"id": "TrainFlow", "scheduled": True}]
    assert first_dag('@trigger(event="a")') == [{"id": "TrainFlow", "scheduled": True}]


def test_types_of_parameters_are_those_of_json_schema(tmp_path: Path) -> None:
    members = """
    needed = Parameter("needed", required=True)
    count = Parameter("count", type=int, default=2)
    rate = Parameter("rate-x", type=float, default=1, help="How fast")
    fast = Parameter("fast", type=bool, default=False)
    none = Parameter("none", type=float, default=None)
    later = Parameter("later", default=lambda context: "x")
"""
    assert arguments(flow_of(source("", members), tmp_path))["params"] == (
        "{'needed': Param(type='string'), 'count': Param(2, type='integer'),"
        " 'rate-x': Param(1, type='number', description='How fast'),"
        " 'fast': Param(False, type='boolean'), 'none': Param(None, type=['null', 'number']),"
        " 'later': Param(None, type=['null', 'string'])}"
    )


def test_a_parameter_that_an_event_gives_may_be_left_out(tmp_path: Path) -> None:
    flow = flow_of(source('@trigger(event="a")', NEEDED), tmp_path)

    assert arguments(flow)["params"] == "{'day': Param(None, type=['null', 'string'])}"


POLLING = (
    "timeout=60, poke_interval=1.5, mode='poke', exponential_backoff=False, pool='p',"
    " name='prices-1', description='d'"
)


def test_sensors_come_before_the_first_step_with_all_that_they_are_told(tmp_path: Path) -> None:
    text = source(
        f"@airflow_external_task_sensor({POLLING}, external_dag_id='a',"
        " external_task_ids=['b'], allowed_states=['success', 'skipped'], failed_states='failed',"
        " execution_delta=timedelta(hours=1), check_existence=False)\n"
        "@airflow_s3_key_sensor(bucket_key='a*', bucket_name='c', wildcard_match=True,"
        " aws_conn_id='d', verify='/ca.pem')"
    )

    task, key, start, _ = tasks(flow_of(text, tmp_path))

    assert task == (
        "prices_1 = ExternalTaskSensor(task_id='prices-1', external_dag_id='a',"
        " external_task_ids=['b'], allowed_states=['success', 'skipped'],"
        " failed_states=['failed'], execution_delta=timedelta(seconds=3600),"
        " check_existence=False, timeout=60, poke_interval=1.5, mode='poke',"
        " exponential_backoff=False, pool='p', doc='d')"
    )
    assert key == (
        "s3_key = S3KeySensor(task_id='s3_key', bucket_key=['a*'], bucket_name='c',"
        " wildcard_match=True, aws_conn_id='d', verify='/ca.pem', timeout=3600,"
        " poke_interval=60, mode='reschedule', exponential_backoff=True)"
    )
    assert start == "start = step('start', after=[prices_1, s3_key])"


def test_a_flow_tells_of_itself_where_airflow_shows_it(tmp_path: Path) -> None:
    doc = 'r"""Trains.\n\n    A \\ and \'\'\' and "quotes":\n\n        $ code\n    """'
    flow = flow_of(source(doc=doc), tmp_path)

    tree = tree_of(flow)

    told = ast.get_docstring(tree)
    assert told
    assert told.splitlines()[1:-1] == [
        *("", "Trains.", "", "A \\ and ''' and \"quotes\":", "", "    $ code", ""),
        *("- `start` → `end`", ""),
        *("Change `flow.py` and compile it again, rather than this file.", ""),
    ]
    (docs,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCS"
    )
    assert docs == {"start": "Reads.\n\n`flow.py:24`", "end": "`flow.py:29`"}
