"""What a definition refers to: does it all exist, is it all reached, may it be named so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeAlias

State: TypeAlias = dict[str, Any]

NAME_LIMIT = 80
LABEL_LIMIT = 40


def reference_errors(definition: State) -> list[str]:
    """Whatever dangles, is never reached, or has a name that Step Functions refuses."""
    names = Counter(name for machine in machines(definition) for name in machine["States"])
    labels = Counter(
        state["Label"]
        for machine in machines(definition)
        for state in machine["States"].values()
        if "Label" in state
    )
    return [
        *(f"state {name} is there {count} times" for name, count in names.items() if count > 1),
        *(f"name {name} is too long" for name in names if len(name) > NAME_LIMIT),
        *(f"label {label} is there {count} times" for label, count in labels.items() if count > 1),
        *(f"label {label} is too long" for label in labels if len(label) > LABEL_LIMIT),
        *(error for machine in machines(definition) for error in _errors_in(machine)),
    ]


def machines(definition: State) -> Iterator[State]:
    """A state machine, and those inside it."""
    yield definition
    for state in definition["States"].values():
        inner = [*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])]
        for each in inner:
            yield from machines(each)


def onward(state: State) -> list[str]:
    """The states that a state may lead to."""
    rules = [rule["Next"] for rule in state.get("Choices", ())]
    return [*rules, *(state[field] for field in ("Next", "Default") if field in state)]


def _errors_in(machine: State) -> Iterator[str]:
    states = machine["States"]
    reached: set[str] = set()
    pending = [machine["StartAt"]]
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        if name not in states:
            yield f"there is no state {name} beside {', '.join(states)}"
            continue
        pending += [*onward(states[name]), *_caught(states[name])]
    yield from (f"state {name} is never reached" for name in states if name not in reached)
    for name, state in states.items():
        ends = state["Type"] == "Fail" or state.get("End", False)
        if ends == bool(onward(state)):
            yield f"state {name} neither ends nor leads on, or does both"


def _caught(state: State) -> list[str]:
    return [catcher["Next"] for catcher in state.get("Catch", ())]
