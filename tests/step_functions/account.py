"""An account on that AWS: what a flow needs to be there, and executions of its state machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import boto3
from s3_server import settings

from flowc.ir.plan import render_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.ir.flow import Flow
    from flowc.targets.target import Manifest

REGION = "us-east-1"
QUEUE = "train"
_SECONDS = 120


@dataclass(frozen=True)
class Execution:
    """How an execution ended."""

    status: str
    cause: str
    jobs: int
    output: object = None


class Account:
    """Clients of the services, and a job queue."""

    def __init__(self, endpoint: str, images: Path) -> None:
        self.endpoint = endpoint
        self.image_folder = images
        self.environment = settings(endpoint)
        self.s3 = self.client("s3")
        self.machines = self.client("stepfunctions")
        self.batch = self.client("batch")
        self.ecs = self.client("ecs")
        self.ecs.create_cluster(clusterName=QUEUE)
        ec2 = self.client("ec2")
        self.subnet: str = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        self.group: str = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        self.role = self._set_up()

    def image(self, flow: Flow, source: Path) -> str:
        """The name of an image with a flow's folder and plan, as the images that steps name have.

        What an image of that name held before is gone.
        """
        common = flow.name.lower()
        named = [*(step.compute.image for step in flow.steps.values())]
        named += [hook.image for hook in flow.exit_hooks]
        for name in {common, *filter(None, named)}:
            folder = self.image_folder / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "source").unlink(missing_ok=True)
            (folder / "source").symlink_to(source)
            (folder / "plan.json").write_text(render_plan(flow))
        return common

    def fail(self, name: str, times: int) -> None:
        """Let something go wrong the next times: see `aws_faults`."""
        (self.image_folder.with_name("faults") / name).write_text(str(times))

    def failures_left(self) -> int:
        """How often something is still to go wrong."""
        return sum(
            int(file.read_text()) for file in self.image_folder.with_name("faults").iterdir()
        )

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="known",
            aws_secret_access_key="s3cret",
        )

    def _set_up(self) -> str:
        role = self.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        arn: str = role["Role"]["Arn"]
        resources = {
            "type": "FARGATE",
            "maxvCpus": 4,
            "subnets": [self.subnet],
            "securityGroupIds": [self.group],
        }
        environment = self.batch.create_compute_environment(
            computeEnvironmentName="jobs",
            type="MANAGED",
            computeResources=resources,
            serviceRole=arn,
        )
        order = [{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}]
        self.batch.create_job_queue(
            jobQueueName=QUEUE, state="ENABLED", priority=1, computeEnvironmentOrder=order
        )
        return arn

    def execute(
        self,
        manifest: Manifest,
        name: str,
        given: Mapping[str, object] | None = None,
        whole: Mapping[str, object] | None = None,
    ) -> Execution:
        """Register what a manifest holds, and run its state machine to an end.

        Its input gives parameters, or is `whole`.
        """
        given_whole = whole or {"parameters": dict(given or {})}
        return self.start(self.create(manifest, name), name, given_whole)

    def create(self, manifest: Manifest, name: str) -> str:
        """The ARN of a state machine, which is there with its job definitions."""
        (document,) = manifest.documents
        for definition in document.get("jobDefinitions", ()):
            self.batch.register_job_definition(**definition)
        for definition in document.get("taskDefinitions", ()):
            self.ecs.register_task_definition(**definition)
        machine = self.machines.create_state_machine(
            name=f"{document['stateMachine']['name']}-{name}",
            definition=json.dumps(document["stateMachine"]["definition"]),
            roleArn=self.role,
        )
        arn: str = machine["stateMachineArn"]
        return arn

    def start(self, machine: str, name: str, given: Mapping[str, object]) -> Execution:
        """Run an execution to its end."""
        started = self.machines.start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(given)
        )
        return self._ended(started["executionArn"])

    def deploy(self, manifest: Manifest, name: str) -> str:
        """Make what a manifest holds live under a name; the state machine's ARN."""
        (document,) = manifest.documents
        for definition in document["jobDefinitions"]:
            self.batch.register_job_definition(**definition)
        machine = self.machines.create_state_machine(
            name=name,
            definition=json.dumps(document["stateMachine"]["definition"]),
            roleArn=self.role,
            publish=True,
            tags=[
                {"key": "flowc:flow", "value": document["tags"]["flowc:flow"]},
                {"key": "flowc:deployment", "value": name},
            ],
        )
        version = machine["stateMachineVersionArn"]
        route = {"stateMachineVersionArn": version, "weight": 100}
        self.machines.create_state_machine_alias(name="live", routingConfiguration=[route])
        return str(machine["stateMachineArn"])

    def download(self, bucket: str, folder: Path) -> None:
        """Write all objects of a bucket to files."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for entry in (entry for page in pages for entry in page.get("Contents", ())):
            file = folder / entry["Key"]
            file.parent.mkdir(parents=True, exist_ok=True)
            self.s3.download_file(bucket, entry["Key"], str(file))

    def evaluated(self) -> dict[str, object]:
        """The values of all expressions that state machines have evaluated."""
        lines = self.image_folder.with_name("expressions").read_text(encoding="utf-8").splitlines()
        return dict(map(json.loads, lines))

    def _told(self) -> str:
        """What its programs have told, but for requests."""
        lines = self.image_folder.with_name("log").read_text().splitlines(keepends=True)
        return "".join(line for line in lines if '" 200 -' not in line and '" 404 -' not in line)

    def _ended(self, arn: str) -> Execution:
        for _ in range(_SECONDS * 10):
            found = self.machines.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                break
            time.sleep(0.1)
        history = self.machines.get_execution_history(executionArn=arn, maxResults=1000)
        cause = f"{found.get('error', '')} {found.get('cause', '')}".strip()
        if found["status"] != "SUCCEEDED":
            sys.stderr.write(self._told())
        submitted = [event for event in history["events"] if event["type"] == "TaskScheduled"]
        output = json.loads(found.get("output") or "null")
        return Execution(found["status"], cause, len(submitted), output)


@contextmanager
def account(folder: Path, *, mended: bool = True) -> Iterator[Account]:
    """An account, as long as the context lasts, with images of its own in the folder.

    What is not mended is moto as it comes.
    """
    images = folder / "images"
    images.mkdir()
    jobs = folder / "jobs"
    own = {**settings(""), "IMAGES": str(images), "JOBS": str(jobs)}
    (folder / "faults").mkdir()
    own |= {"FAULTS": str(folder / "faults"), "EXPRESSIONS": str(folder / "expressions")}
    own |= {"MENDED": "1"} if mended else {}
    environment = {**os.environ, **own, "PYTHONPATH": str(Path(__file__).parents[1])}
    del environment["AWS_ENDPOINT_URL"]
    log = folder / "log"
    with (
        log.open("wb") as errors,
        _program("jobs.py", str(jobs), errors=errors, environment=environment),
        _program("aws.py", errors=errors, environment=environment) as served,
    ):
        endpoint = served.readline().strip()
        assert endpoint, log.read_text()
        _let_machines_run(endpoint)
        yield Account(endpoint, images)


@contextmanager
def _program(
    name: str, *words: str, errors: BinaryIO, environment: Mapping[str, str]
) -> Iterator[TextIO]:
    file = Path(__file__).with_name(name)
    with subprocess.Popen(
        [sys.executable, str(file), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        text=True,
    ) as program:
        assert program.stdout
        try:
            yield program.stdout
        finally:
            program.kill()


def _let_machines_run(endpoint: str) -> None:
    content = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{endpoint}/moto-api/config", content, headers)
    urllib.request.urlopen(request).close()
