"""What a deploy does about what it finds, with an engine in memory and a store in a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from deploy.memory import (
    JOB,
    MACHINE,
    NAME,
    SCHEDULE,
    Cloud,
    MemoryEngine,
    actions,
    deployed,
    item_of,
    ledger,
)

from flowc.deploy.carry_out import Deploying
from flowc.deploy.plan import Allowed, make_plan
from flowc.deploy.resources import Key, Live
from flowc.errors import EngineError, UsageError

FIRST = {JOB: {"image": "a"}, MACHINE: {"definition": {"StartAt": "start"}, "alias": "current"}}
SECOND = {
    Key("job", "train-2"): {"image": "b"},
    MACHINE: {"definition": {"StartAt": "begin"}, "alias": "current"},
}
SCHEDULED = {**FIRST, SCHEDULE: {"cron": "0 1 * * *"}}


def test_a_first_deploy_makes_everything_in_order(tmp_path: Path) -> None:
    cloud = Cloud()

    plan = deployed(MemoryEngine(cloud, SCHEDULED), ledger(tmp_path))

    assert set(actions(plan).values()) == {"create"}
    assert cloud.log == [f"create {key}" for key in (JOB, MACHINE, SCHEDULE)]
    record = ledger(tmp_path).read()
    assert record.is_whole
    assert {key: entry.body for key, entry in record.entries.items()} == SCHEDULED


def test_nothing_is_written_where_nothing_has_changed(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))
    before = ledger(tmp_path).read()
    cloud.log.clear()

    plan = deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))

    assert plan.is_empty
    assert not cloud.log
    assert ledger(tmp_path).read() == before


def test_a_change_is_told_by_the_field_and_made(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))

    plan = deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path))

    (change,) = item_of(plan, MACHINE).changes
    assert (change.place, change.before, change.after) == ("definition.StartAt", "start", "begin")
    assert cloud.live[MACHINE].body == SECOND[MACHINE]


def test_what_is_no_longer_wanted_is_deleted_last(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, SCHEDULED), ledger(tmp_path))
    cloud.log.clear()

    deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path))

    assert cloud.log[-1] == f"delete {SCHEDULE}"
    assert SCHEDULE not in cloud.live
    assert SCHEDULE not in ledger(tmp_path).read().entries


def test_what_executions_may_need_is_kept_until_it_is_pruned(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))

    kept = deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path))
    again = deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path))
    assert actions(kept)[JOB] == actions(again)[JOB] == "keep"
    assert again.is_empty
    assert JOB in cloud.live

    deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path), Allowed(prune=True))
    assert JOB not in cloud.live
    assert JOB not in ledger(tmp_path).read().entries


def test_what_is_kept_is_not_looked_at(tmp_path: Path) -> None:
    asked: set[Key] = set()

    class Listening(MemoryEngine):
        def read(self, keys: Iterable[Key]) -> Mapping[Key, Live]:
            found = super().read(known := list(keys))
            asked.update(known)
            return found

    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))
    deployed(Listening(cloud, SECOND), ledger(tmp_path))

    assert asked == set(SECOND)
    assert not ledger(tmp_path).read().entries[JOB].body
    # It has no body to compare when it is wanted again.
    cloud.put(JOB, {"image": "a", "tags": {}}, NAME)
    assert not deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path)).refused
    assert cloud.live[JOB].body == FIRST[JOB]


def test_what_somebody_has_changed_is_refused_unless_forced(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))
    by_hand = {**FIRST[MACHINE], "definition": {"StartAt": "elsewhere"}}
    cloud.put(MACHINE, by_hand, NAME)

    plan = deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))

    (drift,) = plan.refused[0].drift
    assert (drift.place, drift.before, drift.after) == ("definition.StartAt", "start", "elsewhere")
    assert cloud.live[MACHINE].body == by_hand

    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path), Allowed(force=True))
    assert cloud.live[MACHINE].body == FIRST[MACHINE]


def test_what_somebody_has_changed_is_not_deleted_unless_forced(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, SCHEDULED), ledger(tmp_path))
    cloud.put(SCHEDULE, {"cron": "0 2 * * *"}, NAME)

    assert deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path)).refused
    assert SCHEDULE in cloud.live

    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path), Allowed(force=True))
    assert SCHEDULE not in cloud.live


def test_defaults_of_what_is_no_longer_wanted_are_no_drift(tmp_path: Path) -> None:
    cloud = Cloud()
    wanted = {**FIRST, SCHEDULE: {"cron": "0 1 * * *", "zone": "UTC"}}
    deployed(MemoryEngine(cloud, wanted), ledger(tmp_path))
    cloud.put(SCHEDULE, {"cron": "0 1 * * *", "retries": 185}, NAME)

    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))

    assert SCHEDULE not in cloud.live


def test_a_change_by_hand_to_what_is_wanted_is_no_drift(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))
    cloud.put(MACHINE, SECOND[MACHINE], NAME)

    plan = deployed(
        MemoryEngine(cloud, {JOB: FIRST[JOB], MACHINE: SECOND[MACHINE]}), ledger(tmp_path)
    )

    assert plan.is_empty
    assert ledger(tmp_path).read().entries[MACHINE].body == SECOND[MACHINE]


def test_what_somebody_has_deleted_is_made_again_if_forced(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, SCHEDULED), ledger(tmp_path))
    del cloud.live[SCHEDULE]

    refused = deployed(MemoryEngine(cloud, SCHEDULED), ledger(tmp_path))
    assert [item.key for item in refused.refused] == [SCHEDULE]
    assert SCHEDULE not in cloud.live

    plan = deployed(MemoryEngine(cloud, SCHEDULED), ledger(tmp_path), Allowed(force=True))

    assert actions(plan)[SCHEDULE] == "create"
    assert cloud.live[SCHEDULE].body == SCHEDULED[SCHEDULE]


@pytest.mark.parametrize("owner", ["", "other.TrainFlow"])
def test_what_is_not_ours_is_refused_unless_adopted(tmp_path: Path, owner: str) -> None:
    cloud = Cloud()
    cloud.put(MACHINE, {"definition": {}}, owner)

    plan = deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))

    assert [item.owner for item in plan.refused] == [owner]
    assert not cloud.log
    assert not ledger(tmp_path).read().entries

    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path), Allowed(adopt=True))
    assert cloud.live[MACHINE].owner == NAME


def test_what_nobody_owns_is_marked_when_it_is_adopted(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.put(MACHINE, FIRST[MACHINE])

    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path), Allowed(adopt=True))

    assert cloud.live[MACHINE].owner == NAME


def test_deployments_share_what_is_the_same_and_do_not_delete_it(tmp_path: Path) -> None:
    cloud = Cloud()
    other = Key("machine", "other")
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))
    wanted = {JOB: FIRST[JOB], other: {"definition": {}}}
    deployed(MemoryEngine(cloud, wanted, owner="other"), ledger(tmp_path, name="other"))

    deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path), Allowed(prune=True))
    assert JOB in cloud.live

    without = {other: {"definition": {}}}
    prune = Allowed(prune=True)
    deployed(MemoryEngine(cloud, without, owner="other"), ledger(tmp_path, name="other"), prune)
    assert JOB in cloud.live


def test_what_was_replaced_by_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, SCHEDULED), ledger(tmp_path))
    cloud.put(SCHEDULE, {"cron": "0 2 * * *"}, "other")

    plan = deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))

    assert plan.is_empty
    assert SCHEDULE in cloud.live
    assert SCHEDULE not in ledger(tmp_path).read().entries


def test_a_mark_that_was_taken_off_makes_nothing_foreign(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))
    cloud.put(MACHINE, FIRST[MACHINE])

    deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path))

    assert cloud.live[MACHINE].body == SECOND[MACHINE]


PAUSED = {SCHEDULE: {"paused": False}}


def by_hand(cloud: Cloud, **changes: object) -> None:
    """Somebody changes the schedule."""
    cloud.put(SCHEDULE, {**cloud.live[SCHEDULE].body, **changes}, NAME)


def test_what_is_initial_is_an_operators_later_on(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, SCHEDULED, initial=PAUSED), ledger(tmp_path))
    assert cloud.live[SCHEDULE].body == {"cron": "0 1 * * *", "paused": False}
    by_hand(cloud, paused=True)

    assert deployed(MemoryEngine(cloud, SCHEDULED, initial=PAUSED), ledger(tmp_path)).is_empty
    insisting = MemoryEngine(cloud, SCHEDULED, initial=PAUSED, insists=True)
    plan = deployed(insisting, ledger(tmp_path))

    assert [change.place for change in item_of(plan, SCHEDULE).changes] == ["paused"]
    assert not plan.refused
    assert cloud.live[SCHEDULE].body["paused"] is False


def test_what_is_initial_is_done_by_the_deploy_that_completes_another(tmp_path: Path) -> None:
    cloud = Cloud()
    engine = MemoryEngine(cloud, SCHEDULED, initial=PAUSED)
    plan = make_plan(engine, ledger(tmp_path))
    doing = Deploying(plan, engine, ledger(tmp_path)).carry_out()
    # It is cut off once all is there, and before that is on record.
    assert [next(doing).key for _ in plan.items] == [JOB, MACHINE, SCHEDULE]
    by_hand(cloud, paused=True)

    plan = deployed(MemoryEngine(cloud, SCHEDULED, initial=PAUSED), ledger(tmp_path))

    assert actions(plan)[SCHEDULE] == "update"
    assert cloud.live[SCHEDULE].body["paused"] is False


def test_a_rollback_is_no_drift(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, FIRST), ledger(tmp_path))
    cloud.put(MACHINE, {**FIRST[MACHINE], "alias": "version 1"}, NAME)
    book = ledger(tmp_path)
    book.write(book.read().changed({MACHINE: {"alias": "version 1"}}))

    plan = deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path))

    assert not plan.refused
    assert cloud.live[MACHINE].body == SECOND[MACHINE]


def test_the_package_is_uploaded_once(tmp_path: Path) -> None:
    file, key = tmp_path / "code.tgz", "TrainFlow/_flowc/packages/1.flowc.tar.gz"
    file.write_bytes(b"code")
    cloud, store = Cloud(), tmp_path / "store"

    plan = deployed(MemoryEngine(cloud, FIRST), ledger(store), package=key, file=file)
    assert not plan.is_uploaded
    assert (store / key).read_bytes() == b"code"
    assert ledger(store).read().package == key

    again = deployed(MemoryEngine(cloud, FIRST), ledger(store), package=key)
    assert again.is_empty
    (store / key).unlink()
    deployed(MemoryEngine(cloud, FIRST), ledger(store), package=key, file=file)
    assert (store / key).read_bytes() == b"code"


def test_a_plan_is_refused_once_somebody_else_has_deployed(tmp_path: Path) -> None:
    cloud = Cloud()
    engine = MemoryEngine(cloud, FIRST)
    plan = make_plan(engine, ledger(tmp_path))
    deployed(MemoryEngine(cloud, SECOND), ledger(tmp_path))

    with pytest.raises(EngineError, match="somebody else has just deployed `TrainFlow`"):
        next(Deploying(plan, engine, ledger(tmp_path)).carry_out())


def test_what_the_engine_does_not_keep_is_told(tmp_path: Path) -> None:
    class Forgetful(MemoryEngine):
        def _do(self, verb: str, key: Key, body: object) -> None:
            super()._do(verb, key, {**FIRST[key], "image": "?"} if key == JOB else FIRST[key])

    with pytest.raises(EngineError, match=r"job train-1 is not what was deployed at `image`"):
        deployed(Forgetful(Cloud(), FIRST), ledger(tmp_path))

    assert not ledger(tmp_path).read().is_whole


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1, "resources": [1]}', "\xff"])
def test_a_record_that_is_none_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "TrainFlow/_flowc/deployments/memory/TrainFlow.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(content.encode("latin-1"))

    with pytest.raises(UsageError, match=r"TrainFlow\.json in .* is no record that flowc wrote"):
        ledger(tmp_path).read()


def test_a_record_of_a_newer_flowc_is_told(tmp_path: Path) -> None:
    file = tmp_path / "TrainFlow/_flowc/deployments/memory/TrainFlow.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"version": 99}')

    with pytest.raises(UsageError, match="was written by a newer flowc"):
        ledger(tmp_path).read()
