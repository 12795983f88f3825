"""A flow that is deployed to the account, and the commands that start and look at its runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from step_functions.account import QUEUE, account

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from step_functions.account import Account

FLOW = """
import time
from metaflow import FlowSpec, Parameter, step


class TrainFlow(FlowSpec):
    worst = Parameter("worst", default=0)
    pause = Parameter("pause", default=0.0)
    note = Parameter("note", required=True)

    @step
    def start(self):
        print(f"a note: {self.note}")
        self.numbers = [1, 2, 3]
        self.next(self.fit, foreach="numbers")

    @step
    def fit(self):
        time.sleep(self.pause)
        print(f"fit {self.input}")
        self.ratio = 1 / (self.input - self.worst)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.notes = self.note
        self.next(self.end)

    @step
    def end(self):
        pass
"""
BUCKET = "deployed"
# Its foreach is a distributed map.
WIDE = "wide.TrainFlow"


@dataclass(frozen=True)
class Lab:
    """A folder with a flow's file, deployed to an account."""

    aws: Account
    folder: Path

    def flowc(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flowc", *words],
            env={**os.environ, **self.aws.environment, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def read(self, *words: str) -> Any:
        done = self.flowc(*words, "--output", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def await_status(self, run: str, holds: Callable[[Any], bool], name: str = "TrainFlow") -> Any:
        for _ in range(60):
            found = self.read("status", name, run)
            if holds(found):
                return found
            time.sleep(0.5)
        raise AssertionError(found)


@contextmanager
def deployed(folder: Path, cloud: Path) -> Iterator[Lab]:
    """A folder with the flow, deployed to an account whose files are in the other one."""
    (folder / "flow.py").write_text(FLOW)
    with account(cloud) as aws:
        flow = read_flow(str(folder / "flow.py")).flow
        assert flow
        aws.s3.create_bucket(Bucket=BUCKET)
        image = aws.image(flow, folder)
        for name, max_workers in (("TrainFlow", 10), (WIDE, 100)):
            options = CompileOptions(
                max_workers, image, f"s3://{BUCKET}/runs", AwsOptions(job_queue=QUEUE)
            )
            manifest, diagnostics = get_target("step-functions").emit(flow, options)
            assert manifest, diagnostics
            machine = aws.deploy(manifest, name)
            aws.machines.start_execution(stateMachineArn=f"{machine}:live", name="first")
        yield Lab(aws, folder)
