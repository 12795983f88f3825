"""How a plan reads."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.memory import (
    JOB,
    MACHINE,
    NAME,
    NOTHING,
    SCHEDULE,
    Cloud,
    MemoryEngine,
    deployed,
    ledger,
)

from flowc.deploy.differences import differences
from flowc.deploy.plan import Plan, make_plan
from flowc.deploy.plan_text import plan_entries, render_plan, render_refusal
from flowc.deploy.resources import Key

STATES = {"start": {"Arguments": {"JobQueue": "cpu"}}, "end": {"End": True}}
OLD = {
    JOB: {"image": "a"},
    MACHINE: {
        "definition": {"Comment": f"{'long ' * 40}one", "States": STATES},
        "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    },
    SCHEDULE: {"cron": "0 1 * * *"},
}
NEW = {
    Key("job", "train-2"): {"image": "a"},
    MACHINE: {
        "definition": {
            "Comment": f"{'long ' * 40}two",
            "States": {"start": {"Arguments": {"JobQueue": "gpu"}}, "odd name": {"End": True}},
        },
        "environment": [{"name": "B", "value": "3"}, {"name": "A", "value": "1"}],
    },
}


def plan_of(folder: Path, **changes: object) -> Plan:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, OLD), ledger(folder))
    if changes:
        cloud.put(SCHEDULE, changes, NAME)
    return make_plan(MemoryEngine(cloud, NEW), ledger(folder), NOTHING, "p/1.flowc.tar.gz")


def test_a_plan_shows_each_resource_and_what_changes_of_it(tmp_path: Path) -> None:
    assert render_plan(plan_of(tmp_path)) == (
        "  + create  job train-2\n"
        "  ~ update  machine TrainFlow\n"
        '              definition.Comment: …long long long long one" → …long long long long two"\n'
        '              definition.States.start.Arguments.JobQueue: "cpu" → "gpu"\n'
        '              definition.States.end: removed {"End": true}\n'
        "              definition.States.'odd name': added {\"End\": true}\n"
        '              environment[B].value: "2" → "3"\n'
        "  - delete  schedule TrainFlow\n"
        "  + upload  code package p/1.flowc.tar.gz\n"
        "\n"
        "1 to create, 1 to update, 1 to delete, "
        "1 kept for running executions and older versions (--prune deletes them)\n"
    )


def test_what_somebody_has_changed_is_shown_and_the_way_out(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, cron="0 2 * * *")

    assert (
        "  - delete  schedule TrainFlow\n"
        "            changed by somebody since it was deployed:\n"
        '              cron: "0 1 * * *" → "0 2 * * *"\n'
    ) in render_plan(plan)
    assert render_refusal(plan) == (
        "schedule TrainFlow was changed by somebody since it was deployed; "
        "delete it all the same by --force\n"
    )


def test_what_somebody_has_deleted_is_told_and_the_way_out(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, OLD), ledger(tmp_path))
    del cloud.live[SCHEDULE]

    plan = make_plan(MemoryEngine(cloud, OLD), ledger(tmp_path))

    assert "  + create     schedule TrainFlow\n" in render_plan(plan)
    assert render_refusal(plan) == (
        "schedule TrainFlow was deleted by somebody since it was deployed; undo that by --force\n"
    )


def test_what_is_not_ours_is_shown_and_the_way_out(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.put(MACHINE, {})
    cloud.put(JOB, OLD[JOB], "other")
    cloud.put(SCHEDULE, {}, "other")

    plan = make_plan(MemoryEngine(cloud, OLD), ledger(tmp_path))
    text = render_plan(plan)

    assert "unchanged  job train-1  (shared with deployment other)" in text
    assert "update     machine TrainFlow  (is there already, not made by flowc)" in text
    assert "update     schedule TrainFlow  (belongs to deployment other)" in text
    assert render_refusal(plan) == (
        "machine TrainFlow is there and was not made by flowc; take it over by --adopt\n"
        "schedule TrainFlow is there and belongs to deployment `other`; take it over by --adopt\n"
    )


def test_a_program_gets_all_of_it(tmp_path: Path) -> None:
    entries = json.loads(json.dumps(plan_entries(plan_of(tmp_path), done={MACHINE})))

    machine = next(entry for entry in entries if entry["kind"] == "machine")
    assert (machine["action"], machine["state"]) == ("update", "done")
    assert machine["changes"][2] == {"path": "definition.States.end", "before": {"End": True}}
    assert machine["changes"][0]["after"].endswith("two")


def test_a_long_list_of_changes_is_cut_for_people(tmp_path: Path) -> None:
    cloud = Cloud()
    deployed(MemoryEngine(cloud, {MACHINE: {str(i): 0 for i in range(30)}}), ledger(tmp_path))
    plan = make_plan(
        MemoryEngine(cloud, {MACHINE: {str(i): 1 for i in range(30)}}), ledger(tmp_path)
    )

    assert "and 10 more, which --output json shows" in render_plan(plan)
    assert len(plan_entries(plan)[0]["changes"]) == 30


def test_colours_are_for_terminals(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)

    assert "\x1b[32m+ create\x1b[0m" in render_plan(plan, color=True)
    assert "\x1b" not in render_plan(plan)


def test_letters_that_a_terminal_acts_on_are_not_shown(tmp_path: Path) -> None:
    plan = make_plan(MemoryEngine(Cloud(), {Key("job", "a\x1b[2J"): {}}), ledger(tmp_path))

    assert "\x1b" not in render_plan(plan)


def test_lists_are_compared_as_far_as_they_go() -> None:
    def places(one: object, other: object) -> list[str]:
        return [found.place for found in differences({"a": one}, {"a": other})]

    assert places(["x", "y"], ["x", "y"]) == []
    assert places(("x", "y"), ["x", "y"]) == []
    assert places(["x"], ["y"]) == ["a"]
    assert places([{"b": 1}, {"b": 2}], [{"b": 1}, {"b": 3}]) == ["a[1].b"]
    assert places([{"b": 1}], [{"b": 1}, {"b": 3}]) == ["a"]
    assert places([{"Id": 1}], [{"Id": 1}, {"Id": 3}]) == ["a[3]"]
    assert places([{"Id": 1}, {"Id": 1}], [{"Id": 1}, {"Id": 3}]) == ["a[1].Id"]
    assert places({"b": 1}, [1]) == ["a"]
