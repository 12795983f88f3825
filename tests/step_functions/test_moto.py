"""Where moto is not AWS: each with what AWS documents, and with what is mended in `aws.py`.

Only where it stays so even in the mended server do other tests have to make up for it.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from step_functions.account import QUEUE, account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from step_functions.account import Account, Execution

_numbers = count()

FAILS = {"Type": "Fail", "Error": "Broken", "Cause": "it is"}
EACH_APART = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """moto as it comes."""
    with account(tmp_path_factory.mktemp("moto"), mended=False) as found:
        yield found


def run(aws: Account, state: dict[str, Any], given: object = None, **machine: str) -> Execution:
    """An execution of a machine of one state."""
    arn = create(aws, single(state, **machine))
    started = aws.machines.start_execution(stateMachineArn=arn, input=json.dumps(given))
    return aws._ended(started["executionArn"])


def create(aws: Account, definition: dict[str, Any]) -> str:
    """The ARN of a new state machine."""
    created = aws.machines.create_state_machine(
        name=f"machine-{next(_numbers)}", definition=json.dumps(definition), roleArn=aws.role
    )
    arn: str = created["stateMachineArn"]
    return arn


def single(state: dict[str, Any], **machine: str) -> dict[str, Any]:
    ends = {} if state["Type"] == "Fail" else {"End": True}
    return {**machine, "StartAt": "only", "States": {"only": {**state, **ends}}}


def mapped(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    item = {"ProcessorConfig": EACH_APART, "StartAt": "item", "States": {"item": state}}
    return {"Type": "Map", "ItemProcessor": item, **fields}


def test_a_child_execution_that_fails_fails_nothing(aws: Account, moto: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html: by default
    "the workflow fails if any one of its child workflow executions fails or times out".
    """
    assert run(moto, mapped(FAILS), [1, 2]).status == "SUCCEEDED"
    mended = run(aws, mapped(FAILS), [1, 2])
    assert mended.status == "FAILED"
    assert mended.cause.startswith("States.ExceedToleratedFailureThreshold")


def test_a_child_execution_is_called_like_its_parent(aws: Account, moto: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html: each item
    is "a child workflow execution", which has a name and an input of its own.
    """
    shown = {"name.$": "$$.Execution.Name", "input.$": "$$.Execution.Input"}
    item = {"Type": "Pass", "Parameters": shown, "End": True}

    found = run(moto, mapped(item), [5]).output
    mended = run(aws, mapped(item), [5]).output

    assert found[0]["input"] == [5]
    assert mended[0]["input"] == 5
    assert mended[0]["name"] != found[0]["name"]


def test_a_next_that_leads_nowhere_is_taken(aws: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html:
    InvalidDefinition. Of ours, `references.py` and asl-validator tell it.
    """
    state = {"Type": "Pass", "Next": "nowhere"}
    assert create(aws, {"StartAt": "only", "States": {"only": state}})
    assert create(aws, {"StartAt": "nowhere", "States": {"only": {"Type": "Succeed"}}})


def test_definitions_are_not_validated(aws: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html."""
    with pytest.raises(ClientError):
        aws.machines.validate_state_machine_definition(definition="{}")


def test_results_are_written_for_json_path_only(aws: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html: in
    JSONata, the bucket is in `Arguments`.
    """
    item = {"Type": "Pass", "End": True}
    where = {"Bucket": "results", "Prefix": "run"}
    writer = {"Resource": "arn:aws:states:::s3:putObject"}

    paths = mapped(item, ResultWriter={**writer, "Parameters": where})
    jsonata = mapped(item, Items=[1], ResultWriter={**writer, "Arguments": where})

    assert create(aws, single(paths))
    with pytest.raises(ClientError):
        create(aws, single(jsonata, QueryLanguage="JSONata"))


def test_tolerated_percentages_are_floats(aws: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html: any number
    from 0 to 100.
    """
    item = {"Type": "Pass", "End": True}
    assert create(aws, single(mapped(item, ToleratedFailurePercentage=10.0)))
    with pytest.raises(ClientError):
        create(aws, single(mapped(item, ToleratedFailurePercentage=10)))


def test_jsonata_is_not_evaluated(aws: Account, moto: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html."""
    state = {"Type": "Pass", "Output": "{% $states.input.a + 1 %}"}

    assert run(moto, state, {"a": 1}, QueryLanguage="JSONata").status == "FAILED"
    assert run(aws, state, {"a": 1}, QueryLanguage="JSONata").output == 2


def test_jobs_are_not_submitted(aws: Account, moto: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html."""
    arguments = {"JobName": "job", "JobQueue": QUEUE, "JobDefinition": "missing"}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": arguments,
    }

    assert "JobName" in run(moto, state).cause
    assert "missing does not exist" in run(aws, state).cause


def test_bodies_of_objects_are_no_texts(aws: Account, moto: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html."""
    state = {**get_object("there"), "ResultSelector": {"text.$": "$.Body"}}
    for each in (aws, moto):
        each.s3.create_bucket(Bucket="objects")
        each.s3.put_object(Bucket="objects", Key="there", Body=b"text")

    assert run(moto, state).status == "FAILED"
    assert run(aws, state).output == {"text": "text"}


def test_errors_of_services_are_called_otherwise(aws: Account, moto: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html: the
    service's name stands before the error's, in Pascal case, and `Exception` after it.
    """
    state = {**get_object("missing"), "Parameters": {"Bucket": "missing", "Key": "missing"}}

    assert run(moto, state).cause.startswith("s3.")
    assert run(aws, state).cause.startswith("S3.NoSuchBucketException")


def test_reserved_errors_do_not_leave_maps(aws: Account, moto: Account) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html: a map
    fails with its item's error.
    """
    waits = "arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken"
    item = {"Type": "Task", "Resource": waits, "Parameters": {}, "TimeoutSeconds": 1, "End": True}
    states = {"item": item}
    state = {"Type": "Map", "ItemProcessor": {"StartAt": "item", "States": states}}

    assert run(moto, state, [1]).cause.startswith("States.Runtime")
    assert run(aws, state, [1]).cause.startswith("States.Timeout")


def get_object(key: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket": "objects", "Key": key},
    }
