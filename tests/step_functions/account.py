"""An account on that AWS: what a flow needs to be there, and executions of its state machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from s3_server import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.targets.target import Manifest

REGION = "us-east-1"
QUEUE = "train"
_SECONDS = 120


@dataclass(frozen=True)
class Execution:
    """How an execution ended."""

    status: str
    cause: str
    events: int


class Account:
    """Clients of the services, and a job queue."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.environment = settings(endpoint)
        self.s3 = self.client("s3")
        self.machines = self.client("stepfunctions")
        self.batch = self.client("batch")
        self.role = self._set_up()

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
        ec2 = self.client("ec2")
        resources = {
            "type": "FARGATE",
            "maxvCpus": 4,
            "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
            "securityGroupIds": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        }
        environment = self.batch.create_compute_environment(
            computeEnvironmentName="jobs", type="MANAGED", computeResources=resources, serviceRole=arn
        )
        order = [{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}]
        self.batch.create_job_queue(
            jobQueueName=QUEUE, state="ENABLED", priority=1, computeEnvironmentOrder=order
        )
        return arn

    def execute(
        self, manifest: Manifest, name: str, given: Mapping[str, object] | None = None
    ) -> Execution:
        """Register what a manifest holds, and run its state machine to an end."""
        (document,) = manifest.documents
        for definition in document["jobDefinitions"]:
            self.batch.register_job_definition(**definition)
        machine = self.machines.create_state_machine(
            name=f"{document['stateMachine']['name']}-{name}",
            definition=json.dumps(document["stateMachine"]["definition"]),
            roleArn=self.role,
        )
        started = self.machines.start_execution(
            stateMachineArn=machine["stateMachineArn"],
            name=name,
            input=json.dumps({"parameters": dict(given or {})}),
        )
        return self._ended(started["executionArn"])

    def _ended(self, arn: str) -> Execution:
        for _ in range(_SECONDS * 10):
            found = self.machines.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                break
            time.sleep(0.1)
        history = self.machines.get_execution_history(executionArn=arn, maxResults=1000)
        cause = f"{found.get('error', '')} {found.get('cause', '')}".strip()
        return Execution(found["status"], cause, len(history["events"]))


@contextmanager
def account(folder: Path, variables: Mapping[str, str]) -> Iterator[Account]:
    """An account whose jobs run in a folder and have these variables, as their image would."""
    program = Path(__file__).with_name("aws.py")
    log = folder / "aws.log"
    with log.open("wb") as errors:
        served = subprocess.Popen(
            [sys.executable, str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**variables},
            text=True,
        )
    assert served.stdin
    assert served.stdout
    try:
        endpoint = served.stdout.readline().strip()
        assert endpoint, log.read_text()
        _let_machines_run(endpoint)
        yield Account(endpoint)
    finally:
        served.stdin.close()
        served.wait()


def _let_machines_run(endpoint: str) -> None:
    content = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{endpoint}/moto-api/config", content, headers)
    urllib.request.urlopen(request).close()
