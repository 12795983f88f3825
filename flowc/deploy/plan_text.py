"""A plan as people read it, and as programs do."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from flowc.deploy.differences import ABSENT, Difference
from flowc.deploy.plan import Action, Item, Plan
from flowc.deploy.resources import Key

Paint = Callable[[str, str], str]

_SIGNS: Mapping[Action, tuple[str, str]] = {
    Action.CREATE: ("+", "32"),
    Action.UPDATE: ("~", "33"),
    Action.DELETE: ("-", "31"),
    Action.UNCHANGED: ("=", "2"),
}
_COUNTED = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.UNCHANGED, Action.KEEP)
_REFUSED = "1;31"

# How much is shown of a change, and of a resource's changes.
_WIDTH = 60
_LINES = 20
_BEFORE = 20


def render_plan(plan: Plan, *, color: bool = False) -> str:
    """A line for each resource, and below it what changes of it; then one line that counts them.

    What is only kept is just counted.
    """
    paint = _painted if color else _plain
    items = [item for item in plan.items if item.action is not Action.KEEP]
    width = max((len(item.action) for item in items), default=0)
    lines = [line for item in items for line in _lines(item, width, paint)]
    if not plan.is_uploaded:
        lines.append(f"  {paint('+', '32')} {'upload':{width}}  code package {plan.package}")
    return "".join(f"{line}\n" for line in (*lines, "", _counts(plan)))


def render_refusal(plan: Plan) -> str:
    """What is not done unless that is asked for, and how; a line each."""
    return "".join(f"{line}\n" for item in plan.refused for line in _refusal(item, plan))


def plan_entries(
    plan: Plan, *, done: Collection[Key] = (), failed: Key | None = None
) -> list[dict[str, Any]]:
    """The plan for a program, in JSON's own types, each item with what has become of it."""
    refused = {item.key for item in plan.refused}
    return [
        {
            "kind": item.key.kind,
            "name": item.key.name,
            "action": str(item.action),
            **({"state": "done"} if item.key in done else {}),
            **({"state": "failed"} if item.key == failed else {}),
            **({"refused": True} if item.key in refused else {}),
            **({"owner": item.owner} if item.owner is not None else {}),
            **({"changes": list(map(_entry, item.changes))} if item.changes else {}),
            **({"drift": list(map(_entry, item.drift))} if item.drift else {}),
        }
        for item in plan.items
    ]


def _entry(found: Difference) -> dict[str, Any]:
    sides = {"before": found.before, "after": found.after}
    return {"path": found.place, **{key: side for key, side in sides.items() if side is not ABSENT}}


def _lines(item: Item, width: int, paint: Paint) -> Iterator[str]:
    sign, style = _SIGNS[item.action]
    yield f"  {paint(f'{sign} {item.action:{width}}', style)}  {_shown(str(item.key))}{_why(item)}"
    yield from _changes(item.changes, width, paint)
    if item.drift and item.live is None:
        yield f"{' ' * (width + 6)}{paint('deleted by somebody since it was deployed', _REFUSED)}"
    elif item.drift:
        indent = " " * (width + 6)
        yield f"{indent}{paint('changed by somebody since it was deployed:', _REFUSED)}"
        yield from _changes(item.drift, width, paint)


def _why(item: Item) -> str:
    match item:
        case Item(owner=None):
            return ""
        case Item(owner="", action=Action.UNCHANGED):
            return "  (not made by flowc)"
        case Item(owner=""):
            return "  (is there already, not made by flowc)"
        case Item(action=Action.UNCHANGED):
            return f"  (shared with deployment {item.owner})"
        case _:
            return f"  (belongs to deployment {item.owner})"


def _changes(found: Sequence[Difference], width: int, paint: Paint) -> Iterator[str]:
    indent = " " * (width + 8)
    for each in found[:_LINES]:
        yield f"{indent}{_shown(each.place)}: {_change(each, paint)}"
    if len(found) > _LINES:
        yield f"{indent}and {len(found) - _LINES} more, which --output json shows"


def _change(found: Difference, paint: Paint) -> str:
    if found.before is ABSENT:
        return f"{paint('added', '32')} {_shortened(_text(found.after))}"
    if found.after is ABSENT:
        return f"{paint('removed', '31')} {_shortened(_text(found.before))}"
    before, after = _text(found.before), _text(found.after)
    start = _same(before, after)
    return f"{_shortened(before, start)} → {_shortened(after, start)}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _same(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _shortened(text: str, start: int = 0) -> str:
    """The part of a text that matters, from a little before a place on."""
    begin = start - _BEFORE if len(text) > _WIDTH and start > _BEFORE else 0
    part = text[begin : begin + _WIDTH]
    cut = "…" if begin + _WIDTH < len(text) else ""
    return f"{'…' if begin else ''}{_shown(part)}{cut}"


def _counts(plan: Plan) -> str:
    actions = [item.action for item in plan.items]
    words = {
        Action.CREATE: "to create",
        Action.UPDATE: "to update",
        Action.DELETE: "to delete",
        Action.UNCHANGED: "unchanged",
        Action.KEEP: "kept for running executions and older versions (--prune deletes them)",
    }
    counts = ((actions.count(action), words[action]) for action in _COUNTED)
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing is wanted"


def _refusal(item: Item, plan: Plan) -> Iterator[str]:
    if item.drift and not plan.allowed.force:
        done = "deleted" if item.live is None else "changed"
        way = "delete it all the same" if item.action is Action.DELETE else "undo that"
        yield f"{item.key} was {done} by somebody since it was deployed; {way} by --force"
    if item.owner is not None and not plan.allowed.adopt:
        whose = f"belongs to deployment `{item.owner}`" if item.owner else "was not made by flowc"
        yield f"{item.key} is there and {whose}; take it over by --adopt"


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _plain(text: str, _style: str) -> str:
    return text


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"
