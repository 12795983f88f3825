"""What `@trigger` and `@trigger_on_finish` wait for, and what is wrong with them."""

from __future__ import annotations

import pytest
from passes.flows import codes, decorated

from flowc.ir.cron import render_unix
from flowc.ir.events import Cause, Event, FlowEnd, event_name


def causes(decorators: str) -> tuple[Cause, ...]:
    flow, found = decorated(decorators)
    assert found == []
    return tuple(cause for trigger in flow.triggers for cause in trigger.causes)


ALL = {"alpha": "alpha", "Beta": "beta"}
TWO = {"alpha": "alpha", "Beta": "field"}
NAMED = "namespaced_event_name('a')"
EVENTS = {
    "event='a'": (Event("a", ALL),),
    "event={'name': 'a'}": (Event("a", ALL),),
    "event={'name': 'a', 'parameters': {}}": (Event("a", ALL),),
    "events=['a']": (Event("a", ALL),),
    "events=['a', 'b.c-d']": (Event("a", {}), Event("b.c-d", {})),
    "event='a', events=[]": (Event("a", ALL),),
    "event=None, events=['a']": (Event("a", ALL),),
    "event={'name': 'a', 'parameters': {'alpha': 'x'}}": (Event("a", {"alpha": "x"}),),
    "event={'name': 'a', 'parameters': {'ALPHA': 'x'}}": (Event("a", {"alpha": "x"}),),
    "event={'name': 'a', 'parameters': ['alpha', ('beta', 'field')]}": (Event("a", TWO),),
    "event={'name': 'a', 'parameters': ('alpha',)}": (Event("a", {"alpha": "alpha"}),),
    "event={'name': 'a', 'parameters': (('alpha', 'alpha'), ('beta', 'field'))}": (
        Event("a", TWO),
    ),
    f"event={NAMED}": (Event("a", ALL, namespaced=True),),
    f"events=[{NAMED}, 'a']": (Event("a", {}, namespaced=True), Event("a", {})),
    f"event={{'name': {NAMED}, 'parameters': ['alpha']}}": (
        Event("a", {"alpha": "alpha"}, namespaced=True),
    ),
    "events=[{'name': 'a', 'parameters': ['alpha']}, {'name': 'b', 'parameters': ['beta']}]": (
        Event("a", {"alpha": "alpha"}),
        Event("b", {"Beta": "beta"}),
    ),
}


@pytest.mark.parametrize("arguments", EVENTS)
def test_events_are_read_in_all_their_forms(arguments: str) -> None:
    assert causes(f"@trigger({arguments})") == EVENTS[arguments]


FLOWS = {
    "flow='A'": (FlowEnd("A"),),
    "flow='p.prod.A'": (FlowEnd("A", "p", "prod"),),
    "flow='p.user.bob.A'": (FlowEnd("A", "p", "user.bob"),),
    "flows=['A', 'p.test.x.B']": (FlowEnd("A"), FlowEnd("B", "p", "test.x")),
    "flow={'name': 'A'}": (FlowEnd("A"),),
    "flow={'name': 'A', 'project': 'p', 'project_branch': 'b'}": (FlowEnd("A", "p", "b"),),
    "flows=[{'name': 'A'}, 'B']": (FlowEnd("A"), FlowEnd("B")),
}


@pytest.mark.parametrize("arguments", FLOWS)
def test_flows_are_read_in_all_their_forms(arguments: str) -> None:
    assert causes(f"@trigger_on_finish({arguments})") == FLOWS[arguments]


def test_what_a_flow_lacks_is_that_of_its_own_project() -> None:
    project = "@project(name='mine')"
    partly = f"{project}\n@trigger_on_finish(flow={{'name': 'A', 'project': 'p'}})"

    assert causes(partly) == (FlowEnd("A", "p"),)
    assert codes(partly.removeprefix(project)) == ["FC341"]


def test_each_decorator_is_a_trigger() -> None:
    flow, found = decorated("@trigger(event='a')\n@trigger_on_finish(flow='A')")

    assert found == []
    assert [trigger.span.line for trigger in flow.triggers] == [4, 5]
    assert [len(trigger.causes) for trigger in flow.triggers] == [1, 1]


def test_constants_of_the_file_are_read() -> None:
    flow, found = decorated("@trigger(events=EVENTS)", "EVENTS = ['a', PREFIX + 'b']\nPREFIX = 'x'")

    assert found == []
    assert [event_name(cause) for cause in flow.triggers[0].causes] == ["a", "xb"]


def test_times_of_a_reset_are_read() -> None:
    options = "options={'reset_at': {'cron': '0 4 * * *', 'timezone': 'Europe/Berlin'}}"
    for decorator in (
        f"@trigger(event='a', {options})",
        f"@trigger_on_finish(flow='A', {options})",
    ):
        flow, found = decorated(decorator)

        assert found == []
        reset = flow.triggers[0].reset
        assert reset
        assert (render_unix(reset.cron), reset.zone) == ("0 4 * * *", "Europe/Berlin")


WRONG = {
    "@trigger": ["FC332"],
    "@trigger()": ["FC332"],
    "@trigger(events=[])": ["FC332"],
    "@trigger(event='')": ["FC332"],
    "@trigger(event='a', events=['b'])": ["FC333"],
    "@trigger(event=3)": ["FC334"],
    "@trigger(event=['a'])": ["FC334"],
    "@trigger(event={'parameters': {}})": ["FC334"],
    "@trigger(event={'name': 3})": ["FC334"],
    "@trigger(events='a')": ["FC301"],
    "@trigger(events={'name': 'a'})": ["FC301"],
    "@trigger(events=['a', 3])": ["FC334"],
    "@trigger(event={'name': 'a', 'parameters': 'alpha'})": ["FC334"],
    "@trigger(event={'name': 'a', 'parameters': [3]})": ["FC334"],
    "@trigger(event={'name': 'a', 'parameters': [('alpha', 'x', 'y')]})": ["FC334"],
    "@trigger(event={'name': 'a', 'parameters': {'alpha': 3}})": ["FC334"],
    "@trigger(event={'name': 'a', 'parameters': {'alpha': None}})": ["FC334"],
    "@trigger(event='a b')": ["FC335"],
    "@trigger(events=['a', ''])": ["FC335"],
    "@trigger(event={'name': 'a', 'parameters': {'alpha': 'x.y'}})": ["FC335"],
    "@trigger(event={'name': 'a', 'parameters': ['gamma']})": ["FC337"],
    "@trigger(event={'name': 'a', 'parameters': {'alpha': 'x', 'Alpha': 'y'}})": ["FC338"],
    "@trigger(events=[{'name': 'a', 'parameters': ['alpha']},"
    " {'name': 'b', 'parameters': ['alpha']}])": ["FC338"],
    "@trigger(events=['a', 'b', 'a'])": ["FC339"],
    "@trigger(event={'name': 'a', 'param': {}})": ["FC340"],
    "@trigger(event='a', options={'reset': 1})": ["FC340"],
    "@trigger(event='a', options={'reset_at': {'cron': '0 4 * * *', 'tz': 'UTC'}})": ["FC340"],
    "@trigger(event='a', options={'reset_at': '0 4 * * *'})": ["FC301"],
    "@trigger(event='a', options={'reset_at': {'timezone': 'UTC'}})": ["FC301"],
    "@trigger(event='a', options={'reset_at': {'cron': '61 4 * * *'}})": ["FC320"],
    "@trigger(event='a', options={'reset_at': {'cron': '0 4 * * *', 'timezone': 'X'}})": ["FC325"],
    "@trigger(event='a', options='now')": ["FC301"],
    "@trigger(name='a')": ["FC302", "FC332"],
    "@trigger(event=make)": ["FC401"],
    "@trigger(event=lambda context: 'a')": ["FC401"],
    "@trigger(events=make())": ["FC401"],
    "@trigger(events=['a', make])": ["FC401"],
    "@trigger(event={'name': make})": ["FC401"],
    "@trigger(event={'name': 'a', 'parameters': make})": ["FC401"],
    "@trigger(event={'name': 'a', 'parameters': {'alpha': make()}})": ["FC401"],
    "@trigger(event=namespaced_event_name(make()))": ["FC401"],
    "@trigger_on_finish": ["FC332"],
    "@trigger_on_finish(flows=[])": ["FC332"],
    "@trigger_on_finish(flow='A', flows=['B'])": ["FC333"],
    "@trigger_on_finish(flow='a.B')": ["FC334"],
    "@trigger_on_finish(flow=3)": ["FC334"],
    "@trigger_on_finish(flow=['A'])": ["FC334"],
    "@trigger_on_finish(flow={'project': 'p'})": ["FC334"],
    "@trigger_on_finish(flow={'name': 'A', 'project': 3})": ["FC334"],
    "@trigger_on_finish(flows='A')": ["FC301"],
    "@trigger_on_finish(flow='A-B')": ["FC335"],
    "@trigger_on_finish(flow={'name': 'a.b.A'})": ["FC335"],
    "@trigger_on_finish(flows=['A', 'A'])": ["FC339"],
    "@trigger_on_finish(flow={'name': 'A', 'branch': 'b'})": ["FC340"],
    "@trigger_on_finish(flow={'name': 'A', 'project_branch': 'b'})": ["FC341"],
    "@trigger_on_finish(flow=make)": ["FC401"],
    "@trigger_on_finish(flow={'name': 'A', 'project': make()})": ["FC401"],
}


@pytest.mark.parametrize("decorator", WRONG)
def test_what_is_wrong_is_told(decorator: str) -> None:
    assert codes(decorator, "def make(): ...") == WRONG[decorator]


def test_a_finding_stands_at_its_argument() -> None:
    _, (found,) = decorated("@trigger(\n    options={},\n    event='a b',\n)")

    assert (found.span.line, found.span.column) == (6, 5)


MESSAGES = {
    "@trigger(event=[make(), 'a'])": "[make(), 'a'] is no event",
    "@trigger(events={'name': make})": "`@trigger` cannot take `{'name': make}` for `events`",
    "@trigger_on_finish(flow=[{'name': 'A'}])": "[{'name': 'A'}] is no flow",
    f"@trigger(event={list(range(99))})": f"{str(list(range(99)))[:59]}… is no event",
}


@pytest.mark.parametrize("decorator", MESSAGES)
def test_what_is_given_is_shown_as_it_is_written(decorator: str) -> None:
    _, (found,) = decorated(decorator, "def make(): ...")

    assert found.message == MESSAGES[decorator]


def test_a_near_parameter_is_told() -> None:
    _, (found,) = decorated("@trigger(event={'name': 'a', 'parameters': ['alpah']})")

    assert found.finding.hint == "write `alpha`"


def test_the_end_of_a_flow_is_an_event_of_its_project_and_branch() -> None:
    assert event_name(FlowEnd("A")) == "metaflow.A.end"
    assert event_name(FlowEnd("A"), "p", "user.bob") == "metaflow.p.user.bob.A.end"
    assert event_name(FlowEnd("A", branch="prod"), "p", "user.bob") == "metaflow.p.prod.A.end"
    assert event_name(FlowEnd("A", "q", "prod"), "p", "user.bob") == "metaflow.q.prod.A.end"
