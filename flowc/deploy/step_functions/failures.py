"""The tasks that executions fail for, by what AWS says of their jobs."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from flowc.deploy.runs import FailedTask, LogPlace, RunState
from flowc.deploy.step_functions.history import children, described, events
from flowc.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowc.deploy.runs import DeployedRun
    from flowc.deploy.step_functions.session import Session

# So many are told of at most.
_MOST = 5
_GROUP = "/aws/batch/job"
_ORDINARY = "Essential container in task exited"


def failed_tasks(session: Session, run: DeployedRun) -> Sequence[FailedTask]:
    """The tasks that a run failed for; see `Runs.failures`."""
    if run.state is not RunState.FAILED:
        return ()
    if task := _failed_task(session, run.cause):
        return (task,)
    found = list(islice(_in_children(session, run.execution), _MOST))
    return found or list(_in_history(session, run.execution))


def _failed_task(session: Session, cause: str) -> FailedTask | None:
    """The task whose job an error's cause describes; nothing for any other cause."""
    job = described(cause)
    words = _words(job)
    if "step" not in words or "path" not in words:
        return None
    log = ecs_log(session, job) if "TaskArn" in job else batch_log(job)
    return FailedTask(words["step"], words["path"], _reason(job), log)


def batch_log(job: dict[str, Any]) -> LogPlace | None:
    """Where a job of AWS Batch, as states and the service describe it, has its last log."""
    container = _of(job, "Container")
    attempts = job.get("Attempts") or job.get("attempts") or [{}]
    stream = _text(container, "LogStreamName") or _text(
        _of(attempts[-1], "Container"), "LogStreamName"
    )
    options = _of(_of(container, "LogConfiguration"), "Options")
    return LogPlace(options.get("awslogs-group", _GROUP), stream) if stream else None


def ecs_log(session: Session, task: dict[str, Any]) -> LogPlace | None:
    """Where a task of ECS, as states describe it, has its log."""
    name = task["TaskDefinitionArn"]
    try:
        with session.explained(f"reading the task definition {name}"):
            found = session.client("ecs").describe_task_definition(taskDefinition=name)
    except EngineError:
        # Who may see runs need not see this, and the rest is worth to be told.
        return None
    container = found["taskDefinition"]["containerDefinitions"][0]
    options = _of(_of(container, "LogConfiguration"), "Options")
    if "awslogs-group" not in options or "awslogs-stream-prefix" not in options:
        return None
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    names = (options["awslogs-stream-prefix"], container["name"], task["TaskArn"].split("/")[-1])
    return LogPlace(options["awslogs-group"], "/".join(names))


def _in_children(session: Session, execution: str) -> Iterator[FailedTask]:
    client = session.client("stepfunctions")
    for child in children(session, execution, "FAILED", _MOST):
        with session.explained("reading why an item failed"):
            cause = client.describe_execution(executionArn=child).get("cause", "")
        if task := _failed_task(session, cause):
            yield task


def _in_history(session: Session, execution: str) -> Iterator[FailedTask]:
    """The task whose job failed last."""
    found = [_cause(event) for event in events(session, execution)]
    for cause in reversed(found):
        if task := _failed_task(session, cause):
            yield task
            return


def _cause(event: dict[str, Any]) -> str:
    return str(event.get("taskFailedEventDetails", {}).get("cause", ""))


def _words(job: dict[str, Any]) -> dict[str, str]:
    """What the shim of a job was told: by the parameters of a job of Batch, or by its command."""
    parameters = _of(job, "Parameters")
    if parameters:
        return {str(name): str(text) for name, text in parameters.items()}
    found: dict[str, str] = {}
    for command in _commands(job):
        for word, text in pairwise(command):
            if word == "step" or word.startswith("--"):
                found[word.removeprefix("--")] = text
    return found


def _commands(job: dict[str, Any]) -> Iterator[list[str]]:
    """The words that the containers of a task of ECS were started with."""
    for override in _of(job, "Overrides").get("ContainerOverrides", ()):
        command = override.get("Command") or override.get("command") or []
        yield [str(word) for word in command]


def _reason(job: dict[str, Any]) -> str:
    """Why a job failed, in a few words."""
    containers = [_of(job, "Container"), *(job.get("Containers") or ())]
    said = [_text(each, "Reason") for each in containers]
    status = _text(job, "StatusReason") or _text(job, "StoppedReason")
    codes = [each.get("ExitCode", each.get("exitCode")) for each in containers]
    known = [f"exit code {code}" for code in codes if code is not None]
    told = [text for text in (*said, status) if text and not text.startswith(_ORDINARY)]
    return ": ".join([*known[:1], *told[:1]]) or status or "its job failed"


def _of(entry: dict[str, Any], field: str) -> dict[str, Any]:
    """A field that holds fields: states write its first letter large, the service small."""
    found = entry.get(field) or entry.get(field[0].lower() + field[1:])
    return found if isinstance(found, dict) else {}


def _text(entry: dict[str, Any], field: str) -> str:
    return str(entry.get(field) or entry.get(field[0].lower() + field[1:]) or "")
