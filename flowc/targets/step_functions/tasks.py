"""The states that run a step, and that read what it decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowc.ir.flow import Flow
from flowc.targets.bucket import Bucket
from flowc.targets.step_functions.gangs import gangs_in, head
from flowc.targets.step_functions.jobs import BUSY, Jobs
from flowc.targets.step_functions.jsonata import INPUT, PATH, RUN_ID, expression, joined, quoted

GET_OBJECT = "arn:aws:states:::aws-sdk:s3:getObject"
S3_IS_BUSY = {"ErrorEquals": ["S3.S3Exception", "S3.SdkClientException"], **BUSY}


@dataclass(frozen=True, slots=True)
class Tasks:
    """Makes the states of a flow's steps."""

    flow: Flow
    bucket: Bucket
    jobs: Jobs

    def job(self, step: str) -> dict[str, Any]:
        """The state that runs a step's task, without where it leads."""
        state = self.jobs.state(step)
        return {**state, "Comment": self._place(step), "Output": expression(INPUT)}

    @property
    def gang_queues(self) -> tuple[str, ...]:
        """The queues that have the flow's gangs as one job each."""
        asked = [self.jobs.gang(head(gang)) for gang in gangs_in(self.flow.body)]
        return tuple(dict.fromkeys(request["JobQueue"] for request in asked if request))

    def control(self, step: str) -> dict[str, Any]:
        """The state that adds what a task decided, without where it leads."""
        beginning = self.bucket.key(f"{self.flow.name}/")
        key = joined(
            quoted(beginning), RUN_ID, quoted(f"/_flowc/done/{step}/"), PATH, quoted(".json")
        )
        return {
            "Type": "Task",
            "Resource": GET_OBJECT,
            "Arguments": {"Bucket": self.bucket.name, "Key": expression(key)},
            "Retry": [S3_IS_BUSY],
            "Output": expression(
                f"$merge([{INPUT}, {{'control': $parse($states.result.Body).control, 'first': 0}}])"
            ),
        }

    def _place(self, step: str) -> str:
        """Where the step is written, as file and line."""
        written = self.flow.steps[step]
        return f"{written.file or self.flow.file}:{written.span.line}"
