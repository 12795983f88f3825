"""The plan, as the compiler wrote it: regions and what the shim must know of each step."""

from __future__ import annotations

import json

from flowc.runtime.errors import RefusalError
from flowc.runtime.username import owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, Union

VERSION = 1
# Where a file is named, the plan itself may stand.
_TEXT = "{"


class Task:
    """One step, one task."""

    __slots__ = ("step",)

    def __init__(self, step: str) -> None:
        self.step = step


class Split:
    """All branches."""

    __slots__ = ("at", "branches")

    def __init__(self, at: str, branches: Sequence[Block]) -> None:
        self.at = at
        self.branches = branches


class Foreach:
    """The body once for each index below the count that `at` recorded."""

    __slots__ = ("at", "body", "gang")

    def __init__(self, at: str, body: Block, *, gang: bool) -> None:
        self.at = at
        self.body = body
        self.gang = gang


class Switch:
    """One arm, by the name that `at` recorded."""

    __slots__ = ("arms", "at")

    def __init__(self, at: str, arms: Mapping[str, Block]) -> None:
        self.at = at
        self.arms = arms


class Loop:
    """The body again while its latch `at` chooses the step `to`."""

    __slots__ = ("at", "body", "to")

    def __init__(self, at: str, to: str, body: Block) -> None:
        self.at = at
        self.to = to
        self.body = body


if TYPE_CHECKING:
    Region = Union[Task, Split, Foreach, Switch, Loop]
    Block = list[Region]


# By place. Forks find here what was read before them.
_prepared: dict[str, Plan] = {}


class Catch:
    """`@catch`: the artifact that takes the exception (or empty), and whether to print it."""

    __slots__ = ("artifact", "print")

    def __init__(self, artifact: str, *, print_exception: bool) -> None:
        self.artifact = artifact
        self.print = print_exception


class Step:
    """What the shim must know of a step."""

    __slots__ = (
        *("artifact", "catch", "delay", "environment", "join", "kind", "line", "name", "next"),
        *("packages", "retries", "secrets", "timeout"),
    )

    def __init__(self, name: str, entry: Mapping[str, Any]) -> None:
        self.name = name
        self.kind: str = entry["kind"]
        self.line: int = entry.get("line", 0)
        self.next: list[str] = entry.get("next", [])
        self.artifact: str = entry.get("artifact", "")
        self.join: bool = entry.get("join", False)
        self.retries: int = entry.get("retries", 0)
        self.delay: float = entry.get("delay", 0)
        self.timeout: int = entry.get("timeout", 0)
        self.environment: dict[str, str] = entry.get("environment", {})
        self.secrets: Mapping[str, Any] = entry.get("secrets", {})
        self.packages: Mapping[str, Any] = entry.get("packages", {})
        self.catch = _catch(entry)


class Project:
    """`@project`: its name, the branch, whose it is, and what the flow is called there."""

    __slots__ = ("branch", "flow_name", "is_production", "is_user_branch", "name")

    def __init__(self, entry: Mapping[str, Any], flow: str) -> None:
        self.name: str = entry["name"]
        self.branch: str = entry.get("branch") or f"user.{owner()}"
        self.flow_name = f"{self.name}.{self.branch}.{flow}"
        self.is_user_branch: bool = entry.get("user", False)
        self.is_production: bool = entry.get("production", False)


class Plan:
    """What a task must know of its flow, from the text that the compiler wrote."""

    def __init__(self, text: str) -> None:
        self.text = text
        entries = json.loads(text)
        _check_version(entries)
        self.flow: str = entries["flow"]
        self.file: str = entries["file"]
        self.module: str = entries.get("module", "")
        self.project = Project(entries["project"], self.flow) if "project" in entries else None
        self.start: str = entries["start"]
        self.end: str = entries["end"]
        self.runtime: str = entries.get("runtime", "native")
        self.environment: str = entries.get("environment", "")
        self.decospecs: list[str] = entries.get("with", [])
        # The names by which a user gives the parameters, and those by which steps read them.
        self.parameters: list[str] = [each["name"] for each in entries.get("parameters", [])]
        self.attributes: list[str] = [each["attribute"] for each in entries.get("parameters", [])]
        # What is called when a run has ended, by how it has.
        self.hooks: dict[str, list[str]] = entries.get("hooks", {})
        self.configs: dict[str, str] = entries.get("configs", {})
        self.roots: list[str] = entries.get("roots", [])
        self.steps = {name: Step(name, entry) for name, entry in entries["steps"].items()}
        self.body = _block(entries["body"])

    def step(self, name: str) -> Step:
        """The step of that name; refuses if there is none."""
        if name not in self.steps:
            known = ", ".join(self.steps)
            raise RefusalError(f"flow `{self.flow}` has no step `{name}`; it has {known}")
        return self.steps[name]


def read_plan(place: str) -> Plan:
    """The plan in a file, or the one whose text this is; refuses what is not one."""
    return _prepared.get(place) or _read(place)


def prepare_plan(place: str) -> Plan:
    """The plan in a file that is not going to change, read for all forks of this process."""
    plan = _prepared[place] = _read(place)
    return plan


def _read(place: str) -> Plan:
    is_text = place.startswith(_TEXT)
    try:
        return Plan(place if is_text else _content(place))
    except OSError as error:
        raise RefusalError(f"cannot read the plan `{place}`: {error.strerror}") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        named = "the text of the plan" if is_text else f"`{place}`"
        raise RefusalError(f"{named} is not a plan of flowc: {error!r}") from error


def _content(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (pathlib is slow to import)
        return file.read()


def inner_blocks(region: Region) -> Sequence[Block]:
    """The blocks directly inside a region, in order."""
    if isinstance(region, Split):
        return region.branches
    if isinstance(region, Switch):
        return list(region.arms.values())
    if isinstance(region, (Foreach, Loop)):
        return [region.body]
    return []


def steps_inside(region: Region) -> Iterator[str]:
    """The name of every step of a region, repeated where arms hold copies."""
    if isinstance(region, Task):
        yield region.step
    for block in inner_blocks(region):
        for inner in block:
            yield from steps_inside(inner)


def _check_version(entries: Any) -> None:
    if entries["version"] != VERSION:
        raise RefusalError(
            f"the plan has version {entries['version']}, but this flowc reads version {VERSION}; "
            "run the task with the flowc that compiled it"
        )


def _catch(entry: Mapping[str, Any]) -> Catch | None:
    # After a failure nobody knows the count of a foreach or the choice of a switch.
    if "catch" not in entry or entry["kind"] not in {"linear", "split", "end"}:
        return None
    catch = entry["catch"]
    return Catch(catch.get("artifact", ""), print_exception=catch.get("print", True))


def _block(entries: Sequence[Mapping[str, Any]]) -> Block:
    return [_region(entry) for entry in entries]


def _region(entry: Mapping[str, Any]) -> Region:
    if "task" in entry:
        return Task(entry["task"])
    if "split" in entry:
        return Split(entry["split"], [_block(branch) for branch in entry["branches"]])
    if "foreach" in entry:
        return Foreach(entry["foreach"], _block(entry["body"]), gang=entry.get("gang", False))
    if "switch" in entry:
        arms = {to: _block(body) for to, body in entry["arms"].items()}
        return Switch(entry["switch"], arms)
    return Loop(entry["loop"], entry["to"], _block(entry["body"]))
