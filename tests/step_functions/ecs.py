"""Tasks of ECS on that AWS: processes in the folders of their images, as jobs are."""

from __future__ import annotations

import threading
from typing import Any

import moto.ecs.models as ecs
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_ecs,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from step_functions.jobs import run_container

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
_MOST_OF_OVERRIDES = 8192


def mend() -> None:
    """Let ECS run tasks, and state machines hear how they ended."""
    _run_tasks()
    _fail_by_exit_code()


def _run_tasks() -> None:
    # AWS runs what a task definition and its overrides say; moto only has it on record.
    plain = ecs.EC2ContainerServiceBackend.run_task

    def run_task(self: Any, *given: Any, **rest: Any) -> list[Any]:
        tasks = plain(self, *given, **rest)
        for task in tasks:
            if len(to_json_str(task.overrides)) > _MOST_OF_OVERRIDES:
                raise ecs.InvalidParameterException("Overrides are too large")
            definition = self.describe_task_definition(task.task_definition_arn)
            threading.Thread(target=_run, args=(task, definition), daemon=True).start()
        return list(tasks)

    ecs.EC2ContainerServiceBackend.run_task = run_task
    # On Fargate, the task's own size is enough; moto adds up what containers ask for.
    ecs.EC2ContainerServiceBackend._calculate_task_resource_requirements = lambda _, __: {}
    # A task is in the state that it is in, however often it is looked at.
    ecs.Task.advance = lambda _: None


def _run(task: Any, definition: Any) -> None:
    (container,) = definition.container_definitions
    (told,) = task.overrides["containerOverrides"]
    assert told["name"] == container["name"]
    variables = [*container["environment"], *told.get("environment", ())]
    code = 1
    try:
        code = run_container(
            container["image"],
            [*container["entryPoint"], *told["command"]],
            {entry["name"]: entry["value"] for entry in variables},
        ).code
    finally:
        task.containers[0].exitCode = code
        task.stopped_reason = "Essential container in task exited"
        task.desired_status = task.last_status = "STOPPED"


def _fail_by_exit_code() -> None:
    # AWS takes a task for failed whose container ends with another code than 0; moto takes each
    # for done.
    service = state_task_service_ecs.StateTaskServiceEcs
    plain = service._build_sync_resolver

    def build(self: Any, env: Any, *given: Any, **rest: Any) -> Any:
        resolve = plain(self, env, *given, **rest)

        def ended() -> Any:
            found = resolve()
            if found and any(each["ExitCode"] for each in found["Containers"]):
                raise FailureEventException(_failed(self, env, found))
            return found

        return ended

    service._build_sync_resolver = build


def _failed(service: Any, env: Any, task: Any) -> Any:
    failed = StatesErrorNameType.StatesTaskFailed
    told = TaskFailedEventDetails(
        resource=service._get_sfn_resource(),
        resourceType=service._get_sfn_resource_type(),
        error=failed.to_name(),
        cause=to_json_str(task),
    )
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=failed),
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(taskFailedEventDetails=told),
    )
