"""Versions of a deployed state machine, and going back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from s3_server import use
from step_functions.deploying import deploy, document

from flowc.deploy.resources import Key
from flowc.deploy.step_functions.deployment import connect
from flowc.deploy.step_functions.versions import versions
from flowc.errors import EngineError, UsageError

if TYPE_CHECKING:
    from step_functions.account import Account


@pytest.fixture(autouse=True)
def _account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws.environment)


def test_versions_say_what_they_are() -> None:
    _deploy("listed", "first", "second")

    found = versions("listed").list()

    assert [(each.version, each.is_live) for each in found] == [("2", True), ("1", False)]
    assert [each.description.split()[1:] for each in found] == [["second"], ["first"]]
    assert found[0].time >= found[1].time
    assert found[0].time.tzinfo


def test_a_deployment_that_is_not_there_has_none() -> None:
    assert versions("nowhere").list() == []


def test_an_old_version_becomes_live_and_the_next_deployment_goes_on() -> None:
    _deploy("back", "first", "second")

    changed = versions("back").activate("1")

    key = Key("state machine", "back")
    engine = connect(document("back", comment="second"))
    assert changed == {key: {"alias": "version 1"}}
    assert engine.read([key])[key].body["alias"] == "version 1"
    assert [each.version for each in versions("back").list() if each.is_live] == ["1"]
    assert deploy(engine) == ["state machine back"]
    assert [each.version for each in versions("back").list() if each.is_live] == ["2"]


def test_the_way_forward_is_told_of_as_current() -> None:
    _deploy("forth", "first", "second")
    versions("forth").activate("1")

    assert versions("forth").activate("2") == {Key("state machine", "forth"): {"alias": "current"}}


def test_a_version_that_is_not_there_is_refused() -> None:
    _deploy("known", "first")

    with pytest.raises(EngineError, match="state machine known has no version 7"):
        versions("known").activate("7")
    with pytest.raises(UsageError, match="`live` is no version: they are numbers"):
        versions("known").activate("live")


def _deploy(name: str, *comments: str) -> None:
    for comment in comments:
        deploy(connect(document(name, comment=comment)))
