"""States that let a flow wait for several events before it starts; loaded where one does.

Each event starts an execution, which leaves a mark of it in the store, and ends unless all marks
are there that have not started the flow yet. Which of them have is in the record `_last`. Whoever
replaces it, which S3 lets one of several do, goes on as the flow's run. So of events that come at
once one starts the flow, and the bucket is all that is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.ir.events import Event, Trigger
from flowc.ir.flow import Flow
from flowc.targets.bucket import Bucket
from flowc.targets.step_functions.events import (
    RESET,
    WAITS,
    cause_name,
    fields,
    gathered,
    has_happened,
    is_reset,
)
from flowc.targets.step_functions.jsonata import (
    EXECUTION_INPUT,
    INPUT,
    expression,
    joined,
    listed,
    quoted,
)
from flowc.targets.step_functions.tasks import GET_OBJECT, S3_IS_BUSY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.targets.step_functions.states import State

_PUT_OBJECT = "arn:aws:states:::aws-sdk:s3:putObject"
_LIST_OBJECTS = "arn:aws:states:::aws-sdk:s3:listObjectsV2"
_NAME, _NAMES, _FILLING = "$event.name", "$event.names", "$event.filling"
_MARKS, _USED, _TRIES = f"{INPUT}.marks", f"{INPUT}.used", f"{INPUT}.tries"
_LAST = "$event.base & '_last'"
_OURS = "$states.context.Execution.Name"
_MOST_TRIES = 9
_LOST = "S3 has refused the record of what has started the flow each time, at last: "

# Somebody else was sooner (412, 409), or has deleted the record; or this was done and the answer
# lost, or S3 is busy. All of these but for the deleted one have the name that S3 gives to what has
# none in its model, and so has what is denied, which no other try changes.
_S3_REFUSES = ("S3.S3Exception", "S3.NoSuchKeyException", "S3.SdkClientException")
_REFUSED = f"{INPUT}.refused"
_DENIED = "Status Code: 403"


def event_expression(flow: Flow, bucket: Bucket) -> str:
    """The expression for the event that an execution's input is, if it is one of several."""
    cases = "".join(
        f"{condition} ? {found} : "
        for number, trigger in enumerate(gathered(flow))
        for condition, found in _cases(flow, trigger, number, bucket)
    )
    return f"{cases}{{{quoted('name')}: ''}}"


def _cases(flow: Flow, trigger: Trigger, number: int, bucket: Bucket) -> Iterator[tuple[str, str]]:
    names = {cause_name(cause, flow): cause for cause in trigger.causes}
    filling = [
        name for name, cause in names.items() if isinstance(cause, Event) and cause.parameters
    ]
    beginning = quoted(bucket.key(f"{flow.name}/_flowc/events/"))
    base = joined(beginning, "$states.context.StateMachine.Name", quoted(f"/{number}/"))
    rest = f"'names': {listed(names)}, 'filling': {listed(filling)}, 'base': {base}"
    for name, cause in names.items():
        yield has_happened(cause, flow), f"{{'name': {quoted(name)}, {rest}}}"
    if trigger.reset:
        yield is_reset(number), f"{{'name': {quoted(RESET)}, {rest}}}"


class Gathering:
    """Makes the states, whose names begin with `prefix`; `then` is what a run begins with."""

    def __init__(self, flow: Flow, bucket: Bucket, prefix: str, then: str) -> None:
        self._flow = flow
        self._bucket = bucket
        self._prefix = prefix
        self._then = then
        self._resets = any(trigger.reset for trigger in gathered(flow))

    def states(self) -> dict[str, State]:
        """All of them; the first is named `prefix:which`."""
        found = {
            "which": self._which(),
            "mark": self._mark(),
            "marks": self._marks(),
            "all": self._all(),
            "last": self._last(),
            "used": self._used(),
            "claim": self._claim(),
            "refused": self._refused(),
            **({"ours": self._ours()} if self._resets else {}),
            **({"fields": self._fields()} if self._fills else {}),
            "waits": {"Type": "Pass", "Output": {WAITS: expression(_NAME)}, "End": True},
            "denied": _fail(f"{_REFUSED}.Error", f"{_REFUSED}.Cause"),
            "lost": _fail(quoted("flowc.EventLost"), joined(quoted(_LOST), f"{_REFUSED}.Cause")),
        }
        return {self._name(name): state for name, state in found.items()}

    def _name(self, state: str) -> str:
        return f"{self._prefix}:{state}"

    @property
    def _fills(self) -> bool:
        return bool(fields(self._flow, "$events"))

    @property
    def _begun(self) -> str:
        return self._name("fields") if self._fills else self._then

    def _which(self) -> State:
        reset = self._rule(f"{_NAME} = {quoted(RESET)}", "marks", Output={"tries": 0})
        choices = [*([reset] if self._resets else []), self._rule(f"{_NAME} != ''", "mark")]
        return {"Type": "Choice", "Choices": choices, "Default": self._then}

    def _rule(self, condition: str, then: str, **rest: Any) -> State:
        return {"Condition": expression(condition), **rest, "Next": self._name(then)}

    def _mark(self) -> State:
        event = {field: expression(f"{EXECUTION_INPUT}.{field}") for field in ("id", "detail")}
        arguments = {**self._object(_key(_NAME)), "Body": event}
        return self._task(_PUT_OBJECT, arguments, {"tries": 0}, "marks")

    def _marks(self) -> State:
        arguments = {"Bucket": self._bucket.name, "Prefix": expression("$event.base")}
        entries = "$states.result.Contents"
        marks = expression(f"$exists({entries}) ? $merge([{entries}.{{Key: ETag}}]) : {{}}")
        output = {"tries": expression(_TRIES), "marks": marks}
        return self._task(_LIST_OBJECTS, arguments, output, "all")

    def _all(self) -> State:
        missing = f"$count({_filtered('$not($exists($lookup(' + _MARKS + ', ' + _KEY + ')))')}) > 0"
        choices = [
            self._rule(f"{_NAME} != {quoted(RESET)} and {missing}", "waits"),
            self._rule(f"$not($exists($lookup({_MARKS}, {_LAST})))", "claim"),
        ]
        return {"Type": "Choice", "Choices": choices, "Default": self._name("last")}

    def _last(self) -> State:
        output = expression(f"$merge([{INPUT}, {{'used': $parse($states.result.Body)}}])")
        return self._task(GET_OBJECT, self._object(_LAST), output, "used")

    def _used(self) -> State:
        same = f"$lookup({_USED}.marks, {_KEY}) = $lookup({_MARKS}, {_KEY})"
        ours = self._name("ours") if self._resets else self._begun
        choices = [
            {"Condition": expression(f"{_USED}.by = {_OURS}"), "Next": ours},
            self._rule(
                f"{_NAME} != {quoted(RESET)} and $count({_filtered(same)}) > 0",
                "waits",
            ),
        ]
        return {"Type": "Choice", "Choices": choices, "Default": self._name("claim")}

    def _claim(self) -> State:
        record = f"{{'by': {_OURS}, 'marks': {_MARKS}}}"
        given = f"{{'Bucket': {quoted(self._bucket.name)}, 'Key': {_LAST}, 'Body': {record}}}"
        last = f"$lookup({_MARKS}, {_LAST})"
        only = f"$exists({last}) ? {{'IfMatch': {last}}} : {{'IfNoneMatch': '*'}}"
        return {
            "Type": "Task",
            "Resource": _PUT_OBJECT,
            "Arguments": expression(f"$merge([{given}, {only}])"),
            "Catch": [
                {
                    "ErrorEquals": list(_S3_REFUSES),
                    "Output": {
                        "tries": expression(f"{_TRIES} + 1"),
                        "refused": expression("$states.errorOutput"),
                    },
                    "Next": self._name("refused"),
                }
            ],
            "Output": expression(INPUT),
            "Next": self._name("ours") if self._resets else self._begun,
        }

    def _refused(self) -> State:
        denied = f"$contains({_REFUSED}.Cause, {quoted(_DENIED)})"
        choices = [
            self._rule(denied, "denied"),
            self._rule(f"{_TRIES} > {_MOST_TRIES}", "lost"),
        ]
        return {"Type": "Choice", "Choices": choices, "Default": self._name("marks")}

    def _ours(self) -> State:
        reset = self._rule(f"{_NAME} = {quoted(RESET)}", "waits")
        return {"Type": "Choice", "Choices": [reset], "Default": self._begun}

    def _fields(self) -> State:
        name = f"{INPUT}.name"
        detail = f"{{{name}: $parse($states.result.Body).detail}}"
        read = self._task(GET_OBJECT, self._object(_key(name)), expression(detail), "")
        processor = {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": self._name("field"),
            "States": {self._name("field"): read},
        }
        given = f"($events := $merge($states.result); {fields(self._flow, '$events')})"
        return {
            "Type": "Map",
            "Items": expression(_FILLING),
            "ItemSelector": {"name": expression("$states.context.Map.Item.Value")},
            "ItemProcessor": processor,
            "Assign": {"given": expression(given)},
            "Output": {},
            "Next": self._then,
        }

    def _object(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._bucket.name, "Key": expression(key)}

    def _task(self, resource: str, arguments: Any, output: Any, then: str) -> State:
        onward = {"Next": self._name(then)} if then else {"End": True}
        return {
            "Type": "Task",
            "Resource": resource,
            "Arguments": arguments,
            "Retry": [S3_IS_BUSY],
            "Output": output,
            **onward,
        }


def _fail(error: str, cause: str) -> State:
    return {"Type": "Fail", "Error": expression(error), "Cause": expression(cause)}


def _key(name: str) -> str:
    return f"$event.base & {name} & '.json'"


_KEY = _key("$name")


def _filtered(condition: str) -> str:
    """The names of the events of which that holds."""
    return f"$filter({_NAMES}, function($name) {{ {condition} }})"
