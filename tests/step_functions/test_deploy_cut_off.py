"""Deployments that are cut off at each call of AWS, and repeated: the end is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from s3_server import use
from step_functions.deploying import deploy, document, rule, schedule

from flowc.deploy.step_functions.deployment import connect
from flowc.deploy.step_functions.session import Session
from flowc.deploy.step_functions.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from step_functions.account import Account

    from flowc.deploy.engine import Engine

_SERVICES = ("batch", "ecs", "events", "scheduler", "stepfunctions")

# More calls than any of these deployments makes.
_MANY = 100


class CutOffError(Exception):
    """What stands for the end of the process, or of the network."""


class Wire:
    """What all calls of a session go through, until it is cut at one of them."""

    def __init__(self, when: str) -> None:
        self.session = Session()
        self._left: int | None = None
        for service in _SERVICES:
            self.session.client(service).meta.events.register(when, self._called)

    def cut_at(self, call: int | None) -> None:
        """Let this many calls through, and then no more; all of them for None."""
        self._left = call

    def _called(self, **_: Any) -> None:
        if self._left is None:
            return
        if self._left == 0:
            raise CutOffError
        self._left -= 1


@pytest.fixture(autouse=True)
def _account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws.environment)


# Cut off before a call it is not made; after it, it is made and nobody hears of that.
@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_first_deployment_is_completed(when: str) -> None:
    wire = Wire(when)
    calls = 0
    for calls, name in enumerate(_names(f"first-{when}")):
        wanted = document(name, "schedule", "rule")
        if not _is_cut(wire, calls, wanted):
            break
        deploy(connect(wanted, wire.session))
        _holds(wanted, wire.session)
        assert [each.version for each in versions(name, wire.session).list()] == ["1"]
    assert 10 < calls < _MANY


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_change_is_completed(when: str) -> None:
    wire = Wire(when)
    calls = 0
    for calls, name in enumerate(_names(f"change-{when}")):
        first = document(name, "schedule", "rule")
        deploy(connect(first, wire.session))
        wanted = _changed(name)
        if not _is_cut(wire, calls, wanted):
            break
        deploy(connect(wanted, wire.session))
        _holds(wanted, wire.session)
        assert [each.version for each in versions(name, wire.session).list()] == ["2", "1"]
    assert 10 < calls < _MANY


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_deletion_is_completed(when: str) -> None:
    wire = Wire(when)
    calls = 0
    for calls, name in enumerate(_names(f"less-{when}")):
        engine = connect(document(name, "schedule", "rule"), wire.session)
        deploy(engine)
        wire.cut_at(calls)
        try:
            _delete_all(engine)
            break
        except CutOffError:
            wire.cut_at(None)
        _delete_all(engine)
        assert engine.read(resource.key for resource in engine.resources) == {}
    assert 7 < calls < _MANY


def _names(prefix: str) -> Iterator[str]:
    return (f"{prefix}-{number}" for number in range(_MANY))


def _is_cut(wire: Wire, calls: int, wanted: Mapping[str, Any]) -> bool:
    """Whether a deployment is cut off by being let make so many calls only."""
    wire.cut_at(calls)
    try:
        deploy(connect(wanted, wire.session))
    except CutOffError:
        return True
    finally:
        wire.cut_at(None)
    return False


def _changed(name: str) -> dict[str, Any]:
    wanted = document(name, "schedule", "rule", comment="second")
    wanted["schedules"] = [schedule(name, ScheduleExpression="rate(1 day)")]
    wanted["rules"] = [rule(name, EventPattern={"detail-type": ["sunset"]})]
    wanted["tags"]["flowc:version"] = "2"
    return wanted


def _holds(wanted: Mapping[str, Any], session: Session) -> None:
    """That all which is wanted is there, and the deployment's."""
    engine = connect(wanted, session)
    live = engine.read(resource.key for resource in engine.resources)
    for resource in engine.resources:
        assert live[resource.key].body == resource.body
        assert live[resource.key].owner == wanted["stateMachine"]["name"]


def _delete_all(engine: Engine) -> None:
    for resource in reversed(engine.resources):
        engine.delete(resource.key)
