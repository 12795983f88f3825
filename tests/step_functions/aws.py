"""An AWS on this machine: moto's server, whose interpreter of state machines really runs them.

`python aws.py` prints the address that it serves at. Jobs of AWS Batch run as processes, in the
folder below `IMAGES` that is called like their image: its `source` stands for the folder that the
image starts in, and its `plan.json` for the plan. What moto does not do as AWS is mended below,
each with what AWS does.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import botocore.session
import jsonata
import moto.batch.models as batch
from argo.pods import Exit
from botocore import xform_name
from moto.batch.utils import JobStatus
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    iteration_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from step_functions import ecs, nodes
from step_functions.aws_faults import go_wrong
from step_functions.aws_maps import fail_with_items, give_items_executions
from step_functions.aws_runs import EXITED, keep_log, mend_runs
from step_functions.aws_services import hear_of_ends, name_service_errors
from step_functions.deployable import mend_deploying
from step_functions.jobs import run_container


def mend() -> None:
    """Let moto do what AWS does, as far as flows need it."""
    _evaluate_jsonata()
    _translate_requests()
    _renew_callbacks()
    _name_errors()
    _read_bodies()
    _list_jobs()
    ecs.mend()
    mend_runs()
    mend_deploying()
    nodes.mend()
    batch.Job.run = _run_job
    hear_of_ends()
    name_service_errors()
    fail_with_items()
    give_items_executions()
    go_wrong()


def _evaluate_jsonata() -> None:
    # AWS evaluates JSONata; moto has no evaluator of its own on a machine without Java.
    # Items and branches run in threads, and the evaluator keeps what it does in its class.
    turn = threading.Lock()

    def evaluate(text: str) -> Any:
        try:
            with turn:
                found = json.dumps(jsonata.Jsonata(text).evaluate(None))
                with Path(os.environ["EXPRESSIONS"]).open("a", encoding="utf-8") as log:
                    log.write(f"[{json.dumps(text)}, {found}]\n")
        except Exception as error:
            raise moto_jsonata.JSONataException("UNKNOWN", f"{text[-300:]}: {error}") from error
        return json.loads(found)

    moto_jsonata._eval_jsonata = evaluate


def _translate_requests() -> None:
    # AWS takes arguments by their names in the service's API; moto leaves them in Pascal case,
    # which botocore refuses.
    @functools.cache
    def operation(service: str, action: str) -> Any:
        model = botocore.session.get_session().get_service_model(service)
        return model.operation_model({xform_name(n): n for n in model.operation_names}[action])

    def shape_of(task: Any, service: Any, action: Any) -> Any:
        name = task._get_boto_service_name(service)
        return operation(name, task._get_boto_service_action(action))

    def request(
        self: Any, parameters: Any, boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        shape = shape_of(self, boto_service_name, service_action_name).input_shape
        if shape is not None:
            self._to_boto_request(parameters, shape)

    def response(
        self: Any, response: Any, boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        shape = shape_of(self, boto_service_name, service_action_name).output_shape
        if shape is not None:
            self._from_boto_response(response, shape)

    state_task_service.StateTaskService._normalise_parameters = request
    state_task_service.StateTaskService._normalise_response = response


def _renew_callbacks() -> None:
    # AWS waits for each attempt of a task by itself; moto waits for the first one's end again.
    callback = state_task_service_callback
    plain = state_task_service.StateTaskService._eval_execution

    def execute(self: Any, env: Any) -> None:
        waits = callback.ResourceCondition.WaitForTaskToken
        if self._is_integration_pattern() and waits in self._supported_integration_patterns:
            env.callback_pool_manager.add(env.states.context_object.update_task_token())
        plain(self, env)

    callback.StateTaskServiceCallback._eval_execution = execute
    # The time between looks at a job; AWS is told by an event.
    callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.05


def _name_errors() -> None:
    # AWS hands an error such as States.TaskFailed on from an item or branch; moto takes that for
    # a user's own error of a reserved name.
    def error_name(error_name: str | None = None) -> Any:
        if error_name and error_name.startswith("States."):
            return StatesErrorName(typ=StatesErrorNameType.from_name(error_name))
        return CustomErrorName(error_name=error_name)

    iteration_worker.CustomErrorName = error_name
    branches_decl.CustomErrorName = error_name


def _read_bodies() -> None:
    # AWS gives an object's body as text:
    # https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
    service = state_task_service_aws_sdk.StateTaskServiceAwsSdk
    plain = service._eval_service_task

    def evaluate(self: Any, env: Any, **rest: Any) -> None:
        plain(self, env, **rest)
        found = env.stack[-1]
        if isinstance(found, dict) and hasattr(found.get("Body"), "read"):
            found["Body"] = found["Body"].read().decode()

    service._eval_service_task = evaluate


def _list_jobs() -> None:
    # AWS answers what has become of jobs while others are submitted; moto stumbles over a list
    # that grows, and the state machine takes that for the job's failure.
    def describe(self: Any, jobs: list[str] | None) -> list[dict[str, Any]]:
        wanted = set(jobs or ())
        known = list(self._jobs.items())
        return [job.describe() for key, job in known if not wanted or wanted & {key, job.arn}]

    batch.BatchBackend.describe_jobs = describe


def _run_job(job: Any) -> None:
    """Run a job as a process in its image, which is a folder; moto would ask for Docker."""
    try:
        job.job_started_at = dt.datetime.now(dt.UTC)
        job.log_stream_name = job._stream_name
        job._start_attempt()
        job.status = JobStatus.RUNNING
        ended = _end_of(job)
        job.exit_code = ended.code
        if ended.code:
            job.job_stopped_reason = job.job_stopped_reason or EXITED
        job._mark_stopped(success=ended.code == 0)
    except Exception as error:  # noqa: BLE001 (moto must hear of the end)
        sys.stderr.write(f"job failed: {error!r}\n")
        job._mark_stopped(success=False)


def _end_of(job: Any) -> Exit:
    if job.job_definition.node_properties:
        return Exit(nodes.run_nodes(job), "")
    words = job._add_parameters_to_command(job._get_container_property("command", []))
    own = {entry["name"]: entry["value"] for entry in _environment(job)}
    image = job._get_container_property("image", "")
    ended = run_container(image, words, own, functools.partial(setattr, job, "process"))
    keep_log(job, ended.output)
    return ended


def _environment(job: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = job._get_container_property("environment", [])
    return found


def _address() -> str:
    return f"http://127.0.0.1:{os.environ['MOTO_PORT']}"


def main() -> None:
    """Serve until killed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # State machines reach the other services of this server by this variable.
    os.environ["MOTO_PORT"] = str(port)
    if "MENDED" in os.environ:
        mend()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    sys.stdout.write(f"{_address()}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    threading.stack_size(256 * 1024)
    main()
