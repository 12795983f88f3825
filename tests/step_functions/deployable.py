"""What moto lacks of AWS for whoever deploys: revisions and versions, and how groups answer."""

from __future__ import annotations

import functools
import json
import uuid
from typing import Any

import moto.batch.models as batch
from moto.core.exceptions import AWSError, JsonRESTError, ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.stepfunctions.models import StateMachine, StateMachineVersion, StepFunctionBackend
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse


class _RefusedError(AWSError):
    STATUS = 400

    def __init__(self, kind: str, message: str) -> None:
        self.TYPE = kind
        super().__init__(message)


def mend_deploying() -> None:
    """Let moto answer whoever deploys as AWS does."""
    _name_revisions()
    _refuse_taken_names()
    _publish_versions()
    _list_and_delete_versions()
    _validate_definitions()
    _group_schedules()
    _describe_nodes()


def _name_revisions() -> None:
    # AWS names each state of a state machine but the first, and tells of a version which it is of:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
    update, version = StateMachine.update, StateMachineVersion.__init__
    describe = StepFunctionResponse._describe_state_machine

    def updated(self: Any, **changes: Any) -> None:
        update(self, **changes)
        self.revision = str(uuid.uuid4())

    def made(self: Any, source: Any, **rest: Any) -> None:
        version(self, source, **rest)
        self.revision = source.revision

    def described(self: Any, arn: str) -> Any:
        found = describe(self, arn)
        if revision := self.stepfunction_backend.describe_state_machine(arn).revision:
            found.result["revisionId"] = revision
        return found

    StateMachine.revision = None
    StateMachine.update = updated
    StateMachineVersion.__init__ = made
    StepFunctionResponse._describe_state_machine = described


def _refuse_taken_names() -> None:
    # AWS makes a state machine of a name again only if it is the same:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    plain = StepFunctionBackend.create_state_machine

    def create(self: Any, name: str, definition: str, **rest: Any) -> Any:
        known = [each.definition for each in self.state_machines if each.name == name]
        if known and known != [definition]:
            raise _RefusedError("StateMachineAlreadyExists", f"Exists: '{name}'")
        return plain(self, name=name, definition=definition, **rest)

    StepFunctionBackend.create_state_machine = create


def _publish_versions() -> None:
    # AWS makes one version of a revision, however often it is asked:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_PublishStateMachineVersion.html
    plain = StateMachine.publish

    def publish(self: Any, description: str | None) -> None:
        latest = self.latest_version
        if latest is None or latest.revision != self.revision:
            plain(self, description)

    def asked(self: Any) -> ActionResult:
        arn = self._get_param("stateMachineArn")
        machine = self.stepfunction_backend.describe_state_machine(arn)
        revision = self._get_param("revisionId")
        if revision and revision != (machine.revision or "INITIAL"):
            raise _RefusedError("ConflictException", "Failed to publish: the revision is another.")
        machine.publish(self._get_param("description"))
        latest = machine.latest_version
        return ActionResult(
            {"creationDate": latest.creation_date, "stateMachineVersionArn": latest.arn}
        )

    StateMachine.publish = publish
    StepFunctionResponse.publish_state_machine_version = asked


def _list_and_delete_versions() -> None:
    # AWS lists the newest first, and keeps a version that an alias leads to:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachineVersion.html
    def listed(self: Any) -> ActionResult:
        arn = self._get_param("stateMachineArn")
        versions = self.stepfunction_backend.describe_state_machine(arn).versions
        newest = sorted(versions.items(), reverse=True)
        told = [
            {"stateMachineVersionArn": each.arn, "creationDate": each.creation_date}
            for _, each in newest
        ]
        return ActionResult({"stateMachineVersions": told})

    def delete(self: Any) -> EmptyResult:
        arn, _, number = self._get_param("stateMachineVersionArn").rpartition(":")
        machine = self.stepfunction_backend.describe_state_machine(arn)
        routes = [
            route for alias in machine.aliases.values() for route in alias.routing_configuration
        ]
        if f"{arn}:{number}" in [route["stateMachineVersionArn"] for route in routes]:
            raise _RefusedError("ConflictException", "The version is referenced by an alias.")
        machine.versions.pop(int(number), None)
        return EmptyResult()

    StepFunctionResponse.list_state_machine_versions = listed
    StepFunctionResponse.delete_state_machine_version = delete


def _validate_definitions() -> None:
    # AWS tells what is wrong with a definition before there is a state machine of it:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
    def validate(self: Any) -> ActionResult:
        definition = self._get_param("definition")
        try:
            StepFunctionsParserBackend._validate_definition(definition)
            states = json.loads(definition)["States"]
        except (ServiceException, LookupError) as error:
            return _invalid("/", str(error))
        for name, state in states.items():
            if "Next" in state and state["Next"] not in states:
                return _invalid(f"/States/{name}/Next", "Missing transition target")
        return ActionResult({"result": "OK", "diagnostics": []})

    def _invalid(location: str, message: str) -> ActionResult:
        said = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED"}
        said |= {"message": message, "location": location}
        return ActionResult({"result": "FAIL", "diagnostics": [said]})

    StepFunctionResponse.validate_state_machine_definition = validate


def _group_schedules() -> None:
    # AWS says of a group whether it is there, and of tags whether what they are asked of is:
    # https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html
    backend = EventBridgeSchedulerBackend
    create, create_group = backend.create_schedule, backend.create_schedule_group
    tags, delete_group = backend.list_tags_for_resource, backend.delete_schedule_group

    @functools.wraps(create)
    def schedule(self: Any, **rest: Any) -> Any:
        self.get_schedule_group(rest["group_name"])
        return create(self, **rest)

    def group(self: Any, name: str, tags: Any) -> Any:
        if name in self.schedule_groups:
            raise JsonRESTError("ConflictException", f"Schedule group {name} already exists.")
        return create_group(self, name, tags)

    def told(self: Any, resource_arn: str) -> Any:
        name = resource_arn.rpartition("/")[2]
        self.get_schedule_group(name)
        return tags(self, resource_arn)

    def delete(self: Any, name: str) -> None:
        if name not in self.schedule_groups:
            raise ScheduleGroupNotFound(name)
        self.tagger.delete_all_tags_for_resource(self.schedule_groups[name].arn)
        delete_group(self, name)

    backend.create_schedule, backend.create_schedule_group = schedule, group
    backend.list_tags_for_resource, backend.delete_schedule_group = told, delete


def _describe_nodes() -> None:
    # AWS tells all that was registered; moto leaves out the nodes of a job that has several.
    plain = batch.JobDefinition.describe

    def describe(self: Any) -> Any:
        nodes = {"nodeProperties": self.node_properties} if self.node_properties else {}
        return {**plain(self), **nodes}

    batch.JobDefinition.describe = describe
