"""Compiled documents by hand, and what a deployment does with an engine, without its questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.deploy.step_functions.deployment import connect

if TYPE_CHECKING:
    from flowc.deploy.engine import Engine
    from flowc.deploy.resources import Key, Live

MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine"
ROLE = "arn:aws:iam::123456789012:role/machine"
EVENTS = "arn:aws:iam::123456789012:role/events"
_ALIAS = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:{name}:live"


def document(name: str, *parts: str, comment: str = "first", **changes: Any) -> dict[str, Any]:
    """A compiled flow with a job and the parts: a `schedule`, a `rule`."""
    machine = {"name": name, "type": "STANDARD", "roleArn": ROLE, "definition": _states(comment)}
    found = {
        "stateMachine": {**machine, **changes},
        "jobDefinitions": [_job(f"{name}-0123")],
        "schedules": [schedule(name)] if "schedule" in parts else [],
        "rules": [rule(name)] if "rule" in parts else [],
        "tags": {"flowc:flow": "TrainFlow", "flowc:deployment": name, "team": "blue"},
    }
    return {key: value for key, value in found.items() if value}


def naming(name: str, **fields: str) -> dict[str, Any]:
    """A compiled flow whose one state names a queue, say, among its arguments."""
    wanted = document(name)
    job = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync"}
    arguments = {"JobName": "start", "JobDefinition": f"{name}-0123", **fields}
    states = wanted["stateMachine"]["definition"]["States"]
    states["start"] = {**job, "Arguments": arguments, "Next": "end"}
    return wanted


def schedule(name: str, **changes: Any) -> dict[str, Any]:
    own = {
        "Name": f"{name}-daily",
        "ScheduleExpression": "cron(0 6 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Target": {"Arn": _alias(name), "RoleArn": EVENTS, "Input": "{}"},
    }
    return {**own, **changes}


def rule(name: str, **changes: Any) -> dict[str, Any]:
    own = {
        "Name": f"{name}-sunrise",
        "Description": f"starts {name}",
        "EventPattern": {"detail-type": ["sunrise"]},
        "Targets": [{"Id": "flow", "Arn": _alias(name), "RoleArn": EVENTS}],
    }
    return {**own, **changes}


def deploy(engine: Engine) -> list[str]:
    """Make all that an engine lacks; what was made or changed."""
    engine.check()
    assert not engine.validate()
    live = engine.read(resource.key for resource in engine.resources)
    done = []
    for resource in engine.resources:
        if resource.key not in live:
            engine.create(resource)
        elif live[resource.key].body != resource.body:
            engine.update(resource, live[resource.key])
        else:
            continue
        done.append(str(resource.key))
    return done


def in_account(wanted: dict[str, Any]) -> dict[Key, Live]:
    """What an account has of what a document wants."""
    engine = connect(wanted)
    return dict(engine.read(resource.key for resource in engine.resources))


def _alias(name: str) -> str:
    return _ALIAS.replace("{name}", name)


def _states(comment: str) -> dict[str, Any]:
    return {
        "Comment": comment,
        "QueryLanguage": "JSONata",
        "StartAt": "start",
        "States": {
            "start": {"Type": "Pass", "Next": "end"},
            "end": {"Type": "Succeed"},
        },
    }


def _job(name: str) -> dict[str, Any]:
    container = {
        "image": "train",
        "command": ["python", "-m", "flowc.runtime", "step", "Ref::step"],
        "environment": [
            {"name": "WORD", "value": "hello"},
            {"name": "NOTHING", "value": ""},
            {"name": "FLOWC_STORE", "value": "s3://bucket/runs"},
        ],
        "resourceRequirements": [
            {"type": "VCPU", "value": "1"},
            {"type": "MEMORY", "value": "4096"},
        ],
    }
    return {
        "jobDefinitionName": name,
        "type": "container",
        "containerProperties": container,
        "timeout": {"attemptDurationSeconds": 120},
        "propagateTags": True,
    }
