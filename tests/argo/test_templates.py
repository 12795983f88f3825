"""What regions become: which template calls which, and what each leaf is given."""

from __future__ import annotations

from dataclasses import replace

from argo.compiled import called, compiled, spec_of, template_of
from argo.flows import (
    COUNT,
    GANG,
    HERE,
    LINEAR,
    LOOP_IN_FOREACH,
    MULTI_STEP_LOOP,
    NESTED_FOREACH,
    NEXT,
    SELF_LOOP,
    SHARED_TAIL,
    SPLIT,
    SWITCH,
    arm,
    end,
    flow,
    foreach,
    joining,
    linear,
    switch,
)

from flowc.ir.flow import Flow, Policy, Unknown, Value
from flowc.ir.region import Block, Foreach, Split, Switch, Task
from flowc.targets.gangs import run_cap
from flowc.targets.target import CompileOptions

OUTER_PATH = "{{inputs.parameters.path}}"


def test_steps_in_a_row_are_groups_of_one() -> None:
    assert called(LINEAR, "main") == [["start"], ["middle"], ["end"]]


def test_branches_of_one_step_are_called_side_by_side() -> None:
    assert called(SPLIT, "main") == [["start"], ["same", "double"], ["join"], ["end"]]


def test_a_foreach_counts_and_names_the_path_of_each_item() -> None:
    wrapper = template_of(NESTED_FOREACH, "row-foreach")
    ((step,),) = wrapper["steps"]

    assert step["withSequence"] == {"count": "{{inputs.parameters.count}}"}
    assert step["arguments"]["parameters"] == [
        {"name": "path", "value": f"{OUTER_PATH}.{{{{item}}}}"}
    ]
    assert wrapper["inputs"]["parameters"] == [{"name": "path"}, {"name": "count"}]


def test_a_foreach_over_one_step_calls_its_leaf() -> None:
    wrapper = template_of(NESTED_FOREACH, "row-foreach")

    assert called(NESTED_FOREACH, "row-foreach") == [["cell"]]
    # Argo would take the leaf's first failed attempt for the end of it.
    assert "failFast" not in wrapper


def test_a_foreach_over_several_steps_calls_a_body_and_fails_fast() -> None:
    assert called(NESTED_FOREACH, "start-foreach") == [["start-to-plane"]]
    assert called(NESTED_FOREACH, "start-to-plane") == [
        ["plane"],
        ["plane-foreach"],
        ["join-plane"],
    ]
    assert template_of(NESTED_FOREACH, "start-foreach")["failFast"] is True


def test_max_workers_cap_each_foreach_and_the_run_but_no_gang() -> None:
    options = CompileOptions(image="any", max_workers=7)

    assert spec_of(sized(3), options)["parallelism"] == 7
    assert template_of(NESTED_FOREACH, "row-foreach", options)["parallelism"] == 7
    assert "parallelism" not in template_of(GANG, "start-foreach", options)


def sized(size: Value, flow: Flow = GANG) -> Flow:
    """The flow with gangs of that size."""
    steps = {
        name: replace(step, transition=replace(step.transition, size=size))
        for name, step in flow.steps.items()
        if step.transition
    }
    return replace(flow, steps={**flow.steps, **steps})


def test_a_run_has_no_cap_under_which_gangs_might_wait_for_ever() -> None:
    in_foreach = replace(GANG, body=(Foreach("start", GANG.body),))
    side_by_side = replace(GANG, body=(Split("start", (GANG.body, GANG.body)),))
    in_arms = replace(GANG, body=(Switch("start", (arm("a", *GANG.body), arm("b", *GANG.body))),))

    assert run_cap(sized(3), 7) == 7
    assert run_cap(sized(3, in_arms), 7) == 7
    assert run_cap(sized(Unknown(HERE, "self.n")), 7) is None
    assert run_cap(sized(3, in_foreach), 7) is None
    assert run_cap(sized(3, side_by_side), 7) is None


def test_a_gang_is_told_its_address_and_may_wait_before_its_time_runs() -> None:
    work = replace(GANG.steps["work"], policy=Policy(timeout=30))
    slow = replace(work, environment={"FLOWC_GANG_TIMEOUT": "1800"})
    quick, patient = (
        template_of(replace(GANG, steps={**GANG.steps, "work": step}), "work")
        for step in (work, slow)
    )

    assert quick["container"]["env"] == [
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    ]
    assert "env" not in template_of(GANG, "join")["container"]
    assert quick["activeDeadlineSeconds"] == 30 + 600 + 60
    assert patient["activeDeadlineSeconds"] == 30 + 1800 + 60


def test_arms_are_chosen_by_the_name_of_a_step() -> None:
    arms = template_of(SWITCH, "main")["steps"][1]

    assert [step["template"] for step in arms] == ["small", "medium", "large"]
    assert arms[1]["when"] == '"{{steps.start.outputs.parameters.next}}" == "medium"'


def test_an_empty_arm_needs_no_step() -> None:
    skipping = flow(
        "SkippingFlow",
        (
            Task("start", NEXT),
            Switch("start", (arm("extra", Task("extra")), arm("end"))),
            Task("end"),
        ),
        switch("start", "extra", "end"),
        linear("extra", "end"),
        end(),
    )
    only_empty = replace(
        skipping,
        steps={name: skipping.steps[name] for name in ("start", "end")},
        body=(Task("start", NEXT), Switch("start", (arm("end"),)), Task("end")),
    )

    assert called(skipping, "main") == [["start"], ["extra"], ["end"]]
    assert called(only_empty, "main") == [["start"], ["end"]]


def test_copies_of_a_shared_tail_share_their_templates() -> None:
    inner = (Task("fan", COUNT), Foreach("fan", (Task("work"),)), Task("gather"))
    shared = flow(
        "SharedFlow",
        (
            Task("start", NEXT),
            Switch("start", (arm("a", Task("a"), *inner), arm("fan", *inner))),
            Task("end"),
        ),
        switch("start", "a", "fan"),
        linear("a", "fan"),
        foreach("fan", "work"),
        linear("work", "gather"),
        joining(linear("gather", "end")),
        end(),
    )

    assert called(shared, "start-to-a") == [["a"], ["fan"], ["fan-foreach"], ["gather"]]
    assert called(shared, "start-to-fan") == [["fan"], ["fan-foreach"], ["gather"]]
    assert called(SHARED_TAIL, "start-to-reject") == [["reject"], ["repair"]]


def test_a_loop_calls_itself_with_the_path_of_its_latch() -> None:
    again = template_of(SELF_LOOP, "collatz-loop")["steps"][-1][0]

    assert called(SELF_LOOP, "main") == [["start"], ["collatz-loop"], ["end"]]
    assert again["template"] == "collatz-loop"
    assert again["when"] == '"{{steps.collatz.outputs.parameters.next}}" == "collatz"'
    assert again["arguments"]["parameters"][0]["value"] == (
        "{{steps.collatz.outputs.parameters.path}}"
    )


def test_the_exits_of_a_loop_stand_beside_its_next_round() -> None:
    tail = template_of(LOOP_IN_FOREACH, "look-loop")["steps"][-1]

    assert [step["template"] for step in tail] == ["look-loop", "land", "drift"]
    assert {step["arguments"]["parameters"][0]["value"] for step in tail} == {
        "{{steps.look.outputs.parameters.path}}"
    }
    assert called(LOOP_IN_FOREACH, "start-to-launch") == [["launch"], ["look-loop"], ["after"]]


def test_only_latches_put_out_a_path() -> None:
    def outputs(flow: Flow, leaf: str) -> list[str]:
        parameters = template_of(flow, leaf).get("outputs", {}).get("parameters", [])
        return [entry["name"] for entry in parameters]

    assert outputs(MULTI_STEP_LOOP, "judge") == ["next", "path"]
    assert outputs(MULTI_STEP_LOOP, "grow") == ["count"]
    assert outputs(SWITCH, "start") == ["next"]
    assert outputs(MULTI_STEP_LOOP, "add") == []


def test_a_step_keeps_its_name_before_flowc_takes_one() -> None:
    steps = ("start", "main", "start_foreach", "x", "_x", "end")
    rest = tuple(Task(name) for name in steps[2:])
    body: Block = (Task("start", COUNT), Foreach("start", (Task("main"),)), *rest)
    named = flow(
        "NamesFlow",
        body,
        foreach("start", "main"),
        linear("main", "start_foreach"),
        joining(linear("start_foreach", "x")),
        linear("x", "_x"),
        linear("_x", "end"),
        end(),
    )

    assert spec_of(named)["entrypoint"] == "main-2"
    assert called(named, "main-2")[:4] == [["start"], ["start-foreach-2"], ["start-foreach"], ["x"]]


def test_renaming_steps_only_renames() -> None:
    text = compiled(MULTI_STEP_LOOP).text.partition("templates:")[2]
    plain = {name: f"step{number}" for number, name in enumerate(MULTI_STEP_LOOP.steps)}

    renamed = compiled(_renamed(MULTI_STEP_LOOP, plain)).text.partition("templates:")[2]

    for name, new in plain.items():
        text = text.replace(f" {name}\n", f" {new}\n").replace(f'"{name}"', f'"{new}"')
        for around in (f"{name}-", f".{name}.", f"-{name}\n"):
            text = text.replace(around, around.replace(name, new))
    assert renamed == text


def _renamed(original: Flow, names: dict[str, str]) -> Flow:
    def rename(value: object) -> object:
        match value:
            case str():
                return names.get(value, value)
            case tuple():
                return tuple(rename(member) for member in value)
            case _ if hasattr(value, "__dataclass_fields__"):
                fields = {key: rename(getattr(value, key)) for key in value.__dataclass_fields__}
                return type(value)(**fields)
            case _:
                return value

    steps = {names[name]: rename(step) for name, step in original.steps.items()}
    body = rename(original.body)
    kept = {"start": names[original.start], "end": names[original.end]}
    return replace(original, steps=steps, body=body, **kept)  # type: ignore[arg-type]


def test_the_same_flow_gives_the_same_bytes() -> None:
    assert compiled(LOOP_IN_FOREACH).text == compiled(replace(LOOP_IN_FOREACH)).text


def test_plain_steps_are_small() -> None:
    names = [f"step_{number:03}" for number in range(200)]
    steps = [linear(name, to) for name, to in zip(names, [*names[1:], "end"], strict=True)]
    long = flow("LongFlow", tuple(map(Task, [*names, "end"])), *steps, end(), start=names[0])

    size = len(compiled(long).text) / len(long.steps)

    assert size < 600
