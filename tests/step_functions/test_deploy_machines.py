"""State machines, their versions and the alias that executions start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from s3_server import use
from step_functions.deploying import EVENTS, MACHINES, deploy, document, in_account

from flowc.deploy.resources import Key
from flowc.deploy.step_functions.deployment import connect
from flowc.errors import EngineError

if TYPE_CHECKING:
    from step_functions.account import Account


@pytest.fixture(autouse=True)
def _account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws.environment)


def test_a_change_makes_a_version_that_the_alias_leads_to(aws: Account) -> None:
    deploy(connect(document("change")))

    assert deploy(connect(document("change", comment="second"))) == ["state machine change"]

    assert _routes(aws, "change") == [(f"{MACHINES}:change:2", 100)]
    version = aws.machines.describe_state_machine(stateMachineArn=f"{MACHINES}:change:2")
    assert version["description"].endswith(" second")


def test_a_state_machine_without_its_alias_is_completed(aws: Account) -> None:
    wanted = document("cut")
    deploy(connect(wanted))
    aws.machines.delete_state_machine_alias(stateMachineAliasArn=f"{MACHINES}:cut:live")

    assert in_account(wanted)[Key("state machine", "cut")].body["alias"] == "absent"
    assert deploy(connect(wanted)) == ["state machine cut"]
    assert _routes(aws, "cut") == [(f"{MACHINES}:cut:1", 100)]


def test_an_update_that_did_not_come_to_the_alias_is_completed(aws: Account) -> None:
    first, second = document("half"), document("half", comment="second")
    deploy(connect(first))
    deploy(connect(second))
    _lead(aws, "half", 1)

    assert in_account(second)[Key("state machine", "half")].body["alias"] == "version 1"
    assert deploy(connect(second)) == ["state machine half"]
    assert _routes(aws, "half") == [(f"{MACHINES}:half:2", 100)]


def test_an_alias_with_two_versions_is_told_of(aws: Account) -> None:
    wanted = document("canary")
    deploy(connect(wanted))
    deploy(connect(document("canary", comment="second")))
    routing = [(1, 90), (2, 10)]
    aws.machines.update_state_machine_alias(
        stateMachineAliasArn=f"{MACHINES}:canary:live",
        routingConfiguration=[
            {"stateMachineVersionArn": f"{MACHINES}:canary:{number}", "weight": weight}
            for number, weight in routing
        ],
    )

    found = in_account(wanted)[Key("state machine", "canary")].body["alias"]

    assert found == "version 1 (90 %), version 2 (10 %)"


def test_logging_is_kept_unless_the_document_decides_it(aws: Account) -> None:
    deploy(connect(document("logged")))
    aws.machines.update_state_machine(
        stateMachineArn=f"{MACHINES}:logged", tracingConfiguration={"enabled": True}
    )
    assert deploy(connect(document("logged", comment="second"))) == ["state machine logged"]
    assert _machine(aws, "logged")["tracingConfiguration"] == {"enabled": True}

    off = document("logged", comment="second", tracingConfiguration={"enabled": False})

    assert deploy(connect(off)) == ["state machine logged"]
    assert _machine(aws, "logged")["tracingConfiguration"] == {"enabled": False}


def test_an_update_is_refused_once_somebody_else_has_changed_it(aws: Account) -> None:
    engine = connect(document("race", comment="second"))
    deploy(connect(document("race")))
    live = engine.read([Key("state machine", "race")])[Key("state machine", "race")]
    aws.machines.update_state_machine(stateMachineArn=f"{MACHINES}:race", roleArn=EVENTS)

    with pytest.raises(EngineError, match="state machine race has changed since"):
        engine.update(engine.resources[-1], live)

    assert _machine(aws, "race")["roleArn"] == EVENTS


def test_a_type_cannot_be_changed() -> None:
    deploy(connect(document("express", type="EXPRESS")))
    engine = connect(document("express"))
    live = engine.read([Key("state machine", "express")])

    with pytest.raises(EngineError, match=r"delete it, or deploy with another --name"):
        engine.update(engine.resources[-1], *live.values())


def test_old_versions_go_but_not_those_of_an_alias(
    aws: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowc.deploy.step_functions.alias._KEPT", 2)
    deploy(connect(document("many")))
    aws.machines.create_state_machine_alias(name="first", routingConfiguration=[_route("many", 1)])

    for number in range(2, 6):
        deploy(connect(document("many", comment=str(number))))

    listed = aws.machines.list_state_machine_versions(stateMachineArn=f"{MACHINES}:many")
    arns = [each["stateMachineVersionArn"] for each in listed["stateMachineVersions"]]
    assert arns == [f"{MACHINES}:many:{number}" for number in (5, 4, 1)]


def _route(name: str, number: int) -> dict[str, Any]:
    return {"stateMachineVersionArn": f"{MACHINES}:{name}:{number}", "weight": 100}


def _routes(aws: Account, name: str) -> list[tuple[str, int]]:
    alias = aws.machines.describe_state_machine_alias(
        stateMachineAliasArn=f"{MACHINES}:{name}:live"
    )
    return [
        (each["stateMachineVersionArn"], each["weight"]) for each in alias["routingConfiguration"]
    ]


def _lead(aws: Account, name: str, number: int) -> None:
    aws.machines.update_state_machine_alias(
        stateMachineAliasArn=f"{MACHINES}:{name}:live", routingConfiguration=[_route(name, number)]
    )


def _machine(aws: Account, name: str) -> Any:
    return aws.machines.describe_state_machine(stateMachineArn=f"{MACHINES}:{name}")
