"""Whole deploys to the account, cut off at each call of AWS: the next one completes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from s3_server import use

from flowc.deploy.carry_out import Deploying
from flowc.deploy.ledger import Ledger
from flowc.deploy.plan import Allowed, Plan, make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from step_functions.account import Account
    from step_functions.test_deploy_cut_off import Wire

# More calls than this deploy makes.
_MANY = 100


@pytest.fixture(autouse=True)
def _account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws.environment)


def test_a_change_is_completed_wherever_it_is_cut_off(tmp_path: Path) -> None:
    from step_functions.test_deploy_cut_off import CutOffError, Wire

    # What AWS has done, nobody has heard of.
    wire = Wire("after-call")
    for calls in range(_MANY):
        name = f"whole-{calls}"
        book = Ledger(str(tmp_path), "TrainFlow", "step-functions", name)
        _deploy(wire, book, _first(name))
        is_cut = True
        wire.cut_at(calls)
        try:
            _deploy(wire, book, _second(name))
            is_cut = False
        except CutOffError:
            pass
        wire.cut_at(None)

        again = _deploy(wire, book, _second(name))
        assert not again.refused
        assert _deploy(wire, book, _second(name)).is_empty
        _holds(wire, book, name)
        if not is_cut:
            break
    assert 20 < calls < _MANY


def _first(name: str) -> Mapping[str, Any]:
    from step_functions.deploying import document

    return document(name, "schedule", "rule")


def _second(name: str) -> Mapping[str, Any]:
    """Another definition and job, no rule, and a schedule of another name."""
    from step_functions.deploying import document, schedule

    wanted = document(name, comment="second")
    (job,) = wanted["jobDefinitions"]
    return {
        **wanted,
        "jobDefinitions": [{**job, "jobDefinitionName": f"{name}-4567"}],
        "schedules": [schedule(name, Name=f"{name}-hourly")],
    }


def _deploy(wire: Wire, book: Ledger, wanted: Mapping[str, Any]) -> Plan:
    from flowc.deploy.step_functions.deployment import connect

    engine = connect(wanted, wire.session)
    plan = make_plan(engine, book, Allowed(prune=True))
    deploying = Deploying(plan, engine, book, pause=lambda _seconds: None)
    if plan.is_empty:
        deploying.catch_up()
    elif not plan.refused:
        list(deploying.carry_out())
    return plan


def _holds(wire: Wire, book: Ledger, name: str) -> None:
    """That all which is wanted is there, and nothing of what was."""
    from flowc.deploy.step_functions.deployment import connect

    old, new = (connect(wanted, wire.session) for wanted in (_first(name), _second(name)))
    wanted = {resource.key for resource in new.resources}
    live = new.read({*wanted, *(resource.key for resource in old.resources)})
    record = book.read()
    assert live.keys() == wanted == record.entries.keys()
    assert record.is_whole
    assert {resource.key: resource.body for resource in new.resources} == {
        key: found.body for key, found in live.items()
    }
