"""The size of a definition is that of the request with it, which AWS refuses above a limit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from argo.flows import end, flow, linear
from botocore.serialize import create_serializer
from step_functions.test_definitions import OPTIONS, compiled, definition_of

from flowc.deploy.step_functions.state_machines import compact
from flowc.ir.batch_job import BatchJob
from flowc.ir.region import Task
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    from flowc.ir.flow import Flow
    from flowc.targets.target import Manifest

MOST = 1024 * 1024
STEPS = 600
TAGGED = replace(OPTIONS, tags={f"{number:02}{'t' * 126}": "ö" * 256 for number in range(45)})
ROLE = f"arn:aws:iam::123456789012:role/{'p' * 400}/{'r' * 64}"
GROUP = f"arn:aws:logs:eu-central-1:123456789012:log-group:{'g' * 512}:*"


def long_flow(letters: int) -> Flow:
    """A flow that is about as long as a flow may be; each of the letters is a byte more."""
    names = [f"step_{number}_{'é' * 12}" for number in range(STEPS)]
    steps = [linear(name, after) for name, after in zip(names, [*names[1:], "end"], strict=True)]
    steps[0] = replace(steps[0], batch=BatchJob(queue="q" * letters))
    return flow("LongFlow", tuple(map(Task, [*names, "end"])), *steps, end(), start=names[0])


def found_in(flow: Flow, options: CompileOptions) -> list[tuple[str, str]]:
    _, found = get_target("step-functions").emit(flow, options)
    return [(each.code, each.message) for each in found]


def size_told(options: CompileOptions) -> int:
    """The size of the long flow with the letters that are too many, by what is said of it."""
    ((code, message),) = found_in(long_flow(MOST), options)
    assert code == "FC740"
    return int(message.split(" has ")[1].split()[0].replace(",", ""))


def request_of(manifest: Manifest) -> dict[str, Any]:
    """What a first deployment asks AWS, with names as long as they may be."""
    (document,) = manifest.documents
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}
    logging = {"level": "ALL", "includeExecutionData": False, "destinations": [destination]}
    return {
        "name": "n" * 80,
        "type": "STANDARD",
        "roleArn": ROLE,
        "definition": compact(definition_of(manifest)),
        "loggingConfiguration": logging,
        "tracingConfiguration": {"enabled": True},
        "publish": True,
        "versionDescription": "é" * 256,
        "tags": [{"key": key, "value": value} for key, value in document["tags"].items()],
    }


def sent(request: dict[str, Any]) -> int:
    model = botocore.session.get_session().get_service_model("stepfunctions")
    serializer = create_serializer(model.metadata["protocol"])
    operation = model.operation_model("CreateStateMachine")
    return len(serializer.serialize_to_request(request, operation)["body"])


@pytest.mark.parametrize("options", [OPTIONS, TAGGED], ids=["plain", "tagged"])
def test_a_definition_may_have_what_a_request_has_room_for(options: CompileOptions) -> None:
    room = MOST - (size_told(options) - MOST)

    assert found_in(long_flow(room), options) == []
    (found,) = found_in(long_flow(room + 1), options)

    assert found[0] == "FC740"
    assert found[1].startswith(f"the state machine's definition has {MOST + 1:,} bytes as it is ")
    size = sent(request_of(compiled(long_flow(room), options)))
    assert MOST - 4096 < size <= MOST
