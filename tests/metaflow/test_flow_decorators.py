"""Of decorators above a flow, flowc and Metaflow take the same ones, and understand the same.

What only one of them takes is told here, with the reason.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from metaflow_graph import CHECK, Metaflow, drawn, read

from flowc.ir.events import Event, event_name
from flowc.ir.sensors import ExternalTaskSensor, S3KeySensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.ir.exit_hooks import HookFunction
    from flowc.ir.flow import Flow
    from flowc.ir.sensors import Sensor

IN_ENVIRONMENT = ("--environment=conda", *CHECK)

FLOW = """from flowc import *
from datetime import timedelta

def hook(run): ...
def other(): ...
def deploy_time(context): return "a"

{decorators}
class TestFlow(FlowSpec):
    alpha = Parameter("alpha", default=1)
    Beta = Parameter("Beta", default=1)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def expressions(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


def mostly(right: st.SearchStrategy[str], wrong: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(*[right] * 7, wrong)


def lists(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, max_size=3).map(lambda found: f"[{', '.join(found)}]")


def dictionaries(**values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Dictionaries with any of the keys."""
    return st.fixed_dictionaries({}, optional=values).map(
        lambda found: "{" + ", ".join(f"{key!r}: {value}" for key, value in found.items()) + "}"
    )


def calls(decorator: str, /, **values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The decorator with any of the arguments."""
    return st.fixed_dictionaries({}, optional=values).map(
        lambda found: f"@{decorator}({', '.join(f'{key}={value}' for key, value in found.items())})"
    )


ODD = expressions("3", "None", "''", "deploy_time")
PARAMETER = mostly(expressions("'alpha'", "'ALPHA'", "'Beta'"), expressions("'gamma'"))
FIELD = mostly(expressions("'x'", "'y_1'"), expressions("'x.y'", "3"))
PAIR = st.tuples(PARAMETER, FIELD).map(lambda pair: f"({pair[0]}, {pair[1]})")
PARAMETERS = mostly(
    lists(mostly(PARAMETER | PAIR, expressions("3", "('alpha',)")))
    | st.dictionaries(PARAMETER, FIELD, max_size=2).map(
        lambda found: "{" + ", ".join(f"{key}: {value}" for key, value in found.items()) + "}"
    ),
    ODD,
)
EVENT_NAME = mostly(
    expressions("'a'", "'b.c-d'", "'e_1'", "'f'", "namespaced_event_name('a')"),
    expressions("'a b'"),
)
FILLING = PARAMETERS.flatmap(
    lambda found: EVENT_NAME.map(lambda name: f"{{'name': {name}, 'parameters': {found}}}")
)
EVENT = mostly(EVENT_NAME | FILLING, ODD | dictionaries(name=EVENT_NAME, parameters=PARAMETERS))
FLOW_NAME = mostly(
    expressions("'A'", "'B_1'", "'C'", "'p.prod.A'", "'p.user.b.A'"),
    expressions("'A-B'", "'a.B'"),
)
WORD = mostly(expressions("'p'", "'test.b'"), expressions("3"))
IN_PROJECT = st.tuples(expressions("'A'", "'B'"), WORD, WORD).map(
    lambda found: "{{'name': {}, 'project': {}, 'project_branch': {}}}".format(*found)
)
FLOW_END = mostly(
    FLOW_NAME | IN_PROJECT,
    ODD | dictionaries(name=FLOW_NAME, project=WORD, project_branch=WORD),
)
HOOK = mostly(expressions("hook", "'hook'", "other", "'library.hook'"), expressions("3"))
TEXT = expressions("'a'", "'b'", "None")
FLAG = expressions("True", "False")
NUMBER = expressions("1", "60")
POLLING = {
    "timeout": NUMBER,
    "poke_interval": NUMBER,
    "mode": expressions("'poke'", "'reschedule'"),
    "exponential_backoff": FLAG,
    "soft_fail": FLAG,
    "pool": TEXT,
    "name": TEXT,
    "description": TEXT,
}
STATES = expressions("'success'", "'skipped'", "['failed', 'queued']", "'done'", "['done']", "None")
VERSIONS = expressions("{'a': '1'}", "{'a': '2', 'b': '>=1'}", "{}")

TRIGGERS = st.one_of(
    EVENT.map(lambda event: f"@trigger(event={event})"),
    lists(EVENT).map(lambda events: f"@trigger(events={events})"),
    FLOW_END.map(lambda flow: f"@trigger_on_finish(flow={flow})"),
    lists(FLOW_END).map(lambda flows: f"@trigger_on_finish(flows={flows})"),
    calls("trigger", event=EVENT, events=lists(EVENT) | ODD),
    calls("trigger_on_finish", flow=FLOW_END, flows=lists(FLOW_END) | ODD),
)
IN_PROJECTS = expressions("", "@project(name='p')", "@project(name='p_1', branch='b')")
SENSORS = calls(
    "airflow_external_task_sensor",
    **POLLING,
    external_dag_id=expressions("'a'", "'b'"),
    external_task_ids=expressions("['a']", "None"),
    allowed_states=STATES,
    execution_delta=expressions("timedelta(hours=1)", "3", "None"),
    check_existence=FLAG,
) | calls(
    "airflow_s3_key_sensor",
    **POLLING,
    bucket_key=expressions("'a'", "['a', 'b']"),
    bucket_name=TEXT,
    wildcard_match=FLAG,
    aws_conn_id=TEXT,
    verify=FLAG | TEXT,
)
PACKAGES = calls(
    "conda_base", packages=VERSIONS, libraries=VERSIONS, python=TEXT, disabled=FLAG
) | calls("pypi_base", packages=VERSIONS, libraries=VERSIONS, python=TEXT, disabled=FLAG)
PROJECT = calls(
    "project",
    name=expressions("'p'", "'p_1'", "'P'", "''", "None"),
    branch=expressions("'b'", "'B'", "''", "None"),
    production=FLAG,
)
HOOKS = calls("exit_hook", on_success=lists(HOOK), on_error=lists(HOOK))

# What Metaflow would find out when it deploys, and what it passes over: parameters of an event
# that are neither a list nor a dictionary, one twice in a list, and the same flow twice.
STRICTER = {"FC334", "FC338", "FC339", "FC401"}


@drawn(250)
@given(decorators=st.tuples(IN_PROJECTS, TRIGGERS))
def test_triggers(metaflow: Metaflow, decorators: tuple[str, ...]) -> None:
    flow, asked = taken(metaflow, "\n".join(decorators))
    if flow:
        assert asked["triggers"] == triggers(flow, *project_of(flow))


@drawn(100)
@given(decorators=st.lists(HOOKS, min_size=1, max_size=2))
def test_exit_hooks(metaflow: Metaflow, decorators: list[str]) -> None:
    flow, asked = taken(metaflow, "\n".join(decorators))
    if flow:
        shown = [[named(hook.on_success), named(hook.on_error)] for hook in flow.exit_hooks]
        assert asked["exit_hooks"] == shown


@drawn(150)
@given(decorators=st.lists(SENSORS, min_size=1, max_size=2))
def test_sensors(metaflow: Metaflow, decorators: list[str]) -> None:
    flow, asked = taken(metaflow, "\n".join(decorators))
    for kind, name in (
        (ExternalTaskSensor, "airflow_external_task_sensor"),
        (S3KeySensor, "airflow_s3_key_sensor"),
    ):
        sensors = [each for each in (flow.sensors if flow else ()) if isinstance(each, kind)]
        shown = [_plain(each) for each in asked.get(name, [])]
        assert not flow or shown == [attributes(sensor) for sensor in sensors]


@drawn(60)
@given(decorators=st.lists(PACKAGES, min_size=1, max_size=2))
def test_packages(metaflow: Metaflow, decorators: list[str]) -> None:
    flow, asked = taken(metaflow, "\n".join(decorators))
    for packages in flow.packages if flow else ():
        (found,) = asked[f"{packages.installer}_base"]
        assert found["packages"] == packages.packages
        assert (found["python"] or "") == packages.python
        assert bool(found["disabled"]) == packages.disabled


@drawn(60)
@given(decorators=st.lists(PROJECT, min_size=1, max_size=2))
def test_projects(metaflow: Metaflow, decorators: list[str]) -> None:
    taken(metaflow, "\n".join(decorators))


def taken(metaflow: Metaflow, decorators: str) -> tuple[Flow | None, Mapping[str, Any]]:
    """The flow and what Metaflow understands, if both take the decorators."""
    source = FLOW.format(decorators=decorators)
    answer = metaflow.read(source, IN_ENVIRONMENT)
    flow, codes = read(source)
    event(f"Metaflow {answer.outcome}, flowc {'ok' if flow else codes}")
    if answer.outcome != "ok":
        assert codes, (answer.message, decorators)
    elif codes:
        assert set(codes) <= STRICTER, (codes, decorators)
    return flow, answer.asked


def project_of(flow: Flow) -> tuple[str, str]:
    from flowc.ir.project import branch_name

    return (flow.project.name, branch_name(flow.project, "tester")) if flow.project else ("", "")


def triggers(flow: Flow, project: str, branch: str) -> list[list[Any]]:
    """As Metaflow has them: it knows parameters by small letters."""
    return [
        [
            event_name(cause, project, branch),
            {name.lower(): source for name, source in cause.parameters.items()}
            if isinstance(cause, Event)
            else {},
        ]
        for trigger in flow.triggers
        for cause in trigger.causes
    ]


def named(functions: tuple[HookFunction, ...]) -> list[str]:
    return [f"{each.module}.{each.name}".strip(".") for each in functions]


def attributes(sensor: Sensor) -> dict[str, Any]:
    found = {
        each.name: getattr(part, each.name)
        for part in (sensor.polling, sensor)
        for each in fields(part)
        if each.name not in {"span", "polling"}
    }
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Where Metaflow takes a text for a list of one, the list."""
    lists = {"allowed_states", "bucket_key"}
    return {
        key: [value] if key in lists and isinstance(value, str) else value
        for key, value in given.items()
    }


# Metaflow tells tuples from lists, and flowc does not.
LOOSER = {
    "@trigger(events=('a', 'b'))": "a tuple of events",
    "@trigger(event={'name': 'a', 'parameters': [['alpha', 'x']]})": "a list for a pair",
    "@trigger_on_finish(flows=('A', 'B'))": "a tuple of flows",
}


@pytest.mark.parametrize("decorator", LOOSER)
def test_flowc_takes_lists_and_tuples_alike(metaflow: Metaflow, decorator: str) -> None:
    source = FLOW.format(decorators=decorator)

    assert metaflow.read(source, CHECK).outcome == "refused"
    assert read(source)[0]
