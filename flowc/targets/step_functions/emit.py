"""Emits the definition of a state machine and the job definitions of its steps."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from flowc import __version__
from flowc.diagnostics import Diagnostic, failed, in_order
from flowc.ir.flow import Flow
from flowc.ir.plan import digest, render_plan
from flowc.targets.bucket import Bucket, parse_bucket
from flowc.targets.step_functions import problems
from flowc.targets.step_functions.around import around
from flowc.targets.step_functions.check import check
from flowc.targets.step_functions.compute_check import check_sizes
from flowc.targets.step_functions.definition import compact, state_machine
from flowc.targets.step_functions.fan import Fan
from flowc.targets.step_functions.naming import IMAGE, JOB_QUEUE, machine_name, parameter
from flowc.targets.step_functions.observing import observed
from flowc.targets.step_functions.services import jobs_of
from flowc.targets.step_functions.tasks import Tasks
from flowc.targets.target import CompileOptions, Manifest, Target

# Names, roles, and where logs go.
_REST_OF_REQUEST = 4096

CLOUDFORMATION = "cloudformation"


@dataclass(frozen=True, slots=True)
class StepFunctions:
    """AWS Step Functions: a standard state machine, and the definitions of what runs the steps.

    Without a package, the steps' images hold the flow's file in their working directory, and its
    plan where their variable `FLOWC_PLAN` says, as those of `flowc package build --image` do.
    """

    name: str = "step-functions"
    formats: tuple[str, ...] = ("json", CLOUDFORMATION)

    def deployment_name(self, flow: Flow, name: str = "") -> str:
        """See `Target.deployment_name`: the name of the state machine."""
        return machine_name(flow, name)

    def emit(self, flow: Flow, options: CompileOptions) -> tuple[Manifest | None, list[Diagnostic]]:
        """See `Target.emit`."""
        if options.format == CLOUDFORMATION:
            options = _with_parameters(options)
        found = list(check(flow, options))
        bucket = parse_bucket(options.store)
        if failed(found) or bucket is None:
            return None, in_order(found)
        comment = _provenance(flow)
        flow = _with_hooks(flow)
        jobs = jobs_of(flow, options)
        found += check_sizes(flow, jobs, options.aws.compute)
        if failed(found):
            return None, in_order(found)
        document = _document(flow, options, bucket, Tasks(flow, bucket, jobs), comment)
        size = _sent(document)
        if size > problems.MAX_BYTES:
            found.append(problems.definition_too_large(flow.span, size))
            return None, in_order(found)
        return _manifest(document, options.format), in_order(found)


TARGET: Target = StepFunctions()


def _with_parameters(options: CompileOptions) -> CompileOptions:
    """What is not named, and a template can ask for."""
    queue = options.aws.job_queue or parameter(JOB_QUEUE)
    image = options.image or parameter(IMAGE)
    return replace(options, image=image, aws=replace(options.aws, job_queue=queue))


def _manifest(document: dict[str, Any], wanted: str) -> Manifest:
    if wanted == CLOUDFORMATION:
        from flowc.targets.step_functions.cloudformation import template  # noqa: PLC0415 (asked for)

        document = template(document)
        return Manifest((document,), _text(document), {"template.json": document})
    from flowc.targets.step_functions.folder import files  # noqa: PLC0415 (not for templates)

    return Manifest((document,), _text(document), files(document))


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _document(
    flow: Flow, options: CompileOptions, bucket: Bucket, tasks: Tasks, comment: str
) -> dict[str, Any]:
    fan = Fan(options.max_workers, options.aws.map_mode)
    role = {"roleArn": options.aws.machine_role} if options.aws.machine_role else {}
    machine = {
        "name": machine_name(flow, options.name),
        "type": "STANDARD",
        "definition": state_machine(flow, tasks, fan, comment),
        **role,
        **observed(options.aws),
    }
    document = {"stateMachine": machine, **tasks.jobs.documents}
    return {**document, **around(flow, options, bucket, document)}


def _sent(document: dict[str, Any]) -> int:
    """The bytes of a request with the definition, which is a text in it, in letters of ASCII."""
    tags = [{"key": key, "value": value} for key, value in document["tags"].items()]
    definition = compact(document["stateMachine"]["definition"])
    return len(json.dumps([definition, tags])) + _REST_OF_REQUEST


def _provenance(flow: Flow) -> str:
    plan = digest(render_plan(flow))
    return f"{flow.name} from {flow.file}, by flowc {__version__}, {plan}"


def _with_hooks(flow: Flow) -> Flow:
    if not flow.exit_hooks:
        return flow
    from flowc.targets.step_functions.exit_hooks import with_hook_steps  # noqa: PLC0415

    return with_hook_steps(flow)
