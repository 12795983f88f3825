"""Emits the definition of a state machine and the job definitions of its steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flowc import __version__
from flowc.diagnostics import Diagnostic, failed, in_order
from flowc.ir.flow import Flow
from flowc.ir.plan import digest, render_plan
from flowc.targets.step_functions import problems
from flowc.targets.step_functions.bucket import parse_bucket
from flowc.targets.step_functions.check import check
from flowc.targets.step_functions.compute_check import check_sizes
from flowc.targets.step_functions.definition import state_machine
from flowc.targets.step_functions.services import jobs_of
from flowc.targets.step_functions.states import Fan
from flowc.targets.step_functions.tasks import Tasks
from flowc.targets.target import CompileOptions, Manifest, Target

# Where a state machine keeps no foreach within its own history and concurrency.
_WIDEST_INLINE = 40


@dataclass(frozen=True, slots=True)
class StepFunctions:
    """AWS Step Functions: a standard state machine, and the definitions of what runs the steps.

    Without a package, the steps' images hold the flow's file in their working directory, and its
    plan where their variable `FLOWC_PLAN` says, as those of `flowc package build --image` do.
    """

    name: str = "step-functions"

    def emit(self, flow: Flow, options: CompileOptions) -> tuple[Manifest | None, list[Diagnostic]]:
        """See `Target.emit`."""
        found = list(check(flow, options))
        bucket = parse_bucket(options.store)
        if failed(found) or bucket is None:
            return None, in_order(found)
        jobs = jobs_of(flow, options)
        found += check_sizes(flow, jobs, options.aws.compute)
        if failed(found):
            return None, in_order(found)
        document = _document(flow, options, Tasks(flow, bucket, jobs))
        size = len(compact(document["stateMachine"]["definition"]))
        if size > problems.MAX_BYTES:
            found.append(problems.definition_too_large(flow.span, size))
            return None, in_order(found)
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        return Manifest((document,), text), in_order(found)


TARGET: Target = StepFunctions()


def compact(definition: dict[str, Any]) -> str:
    """A definition as AWS gets it."""
    return json.dumps(definition, separators=(",", ":"), ensure_ascii=False)


def _document(flow: Flow, options: CompileOptions, tasks: Tasks) -> dict[str, Any]:
    fan = Fan(options.max_workers, distributed=options.max_workers > _WIDEST_INLINE)
    comment = f"{flow.name} from {flow.file}, by flowc {__version__}, {digest(render_plan(flow))}"
    return {
        "stateMachine": {
            "name": flow.name,
            "type": "STANDARD",
            "definition": state_machine(flow, tasks, fan, comment),
        },
        **tasks.jobs.documents,
    }
