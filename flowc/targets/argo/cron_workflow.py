"""A flow's schedule as a CronWorkflow; loaded only for a flow that has one."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.errors import InternalError
from flowc.ir.cron import Schedule, Unsupported, render_unix
from flowc.ir.flow import Flow
from flowc.targets.argo import problems
from flowc.targets.argo.payload import Payload

# Argo appends the time to the name, and the whole is a label of the workflow:
# https://argo-workflows.readthedocs.io/en/latest/cron-workflows/
NAME_LIMIT = 52


def check_schedule(schedule: Schedule, flow: Flow) -> Iterator[Diagnostic]:
    """What Argo makes of the schedule of a flow."""
    cron = render_unix(schedule.cron)
    if isinstance(cron, Unsupported):
        yield problems.schedule_argo_cannot_have(schedule.span, cron.reason, cron.hint)
    missing = [parameter.name for parameter in flow.parameters if parameter.required]
    if missing:
        yield problems.schedule_without_parameters(schedule.span, missing)


def cron_workflow(schedule: Schedule, metadata: Payload, template: str) -> Payload:
    """The CronWorkflow that starts a WorkflowTemplate at the times of a checked schedule."""
    cron = render_unix(schedule.cron)
    if isinstance(cron, Unsupported):
        raise InternalError(f"a schedule that Argo cannot have was not refused: {cron.reason}")
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": metadata,
        "spec": {
            "schedules": [cron],
            # Without it, the controller's own time zone would count.
            "timezone": schedule.zone,
            "workflowSpec": {"workflowTemplateRef": {"name": template}},
        },
    }
