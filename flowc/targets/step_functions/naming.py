"""What AWS calls a deployment, and the ARNs of it, of which only the account's part is open."""

from __future__ import annotations

import re

from flowc.ir.flow import Flow
from flowc.names import shortened

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
NAME_LIMIT = 80
VALID_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{NAME_LIMIT}}}")
_ODD_LETTERS = re.compile(r"[^A-Za-z0-9_.-]")

# What starts executions names this alias of the state machine.
ALIAS = "live"

# What the names of services begin with; in another partition, another name stands for `aws`.
SERVICE = "arn:aws:states:::"

# CloudFormation's words for what the account decides.
PARTITION, REGION, ACCOUNT = "${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}"


def machine_name(flow: Flow, chosen: str) -> str:
    """The state machine's name: the one that was chosen, or that of the flow in its project."""
    if chosen:
        return chosen
    if flow.project is None:
        return shortened(flow.name, NAME_LIMIT)
    return machine_of(flow.name, *project_words(flow))


def machine_of(flow: str, project: str, branch: str) -> str:
    """What the state machine of a flow is called; project and branch may both be empty."""
    return shortened(".".join(filter(None, (project, branch, flow))), NAME_LIMIT)


def project_words(flow: Flow) -> tuple[str, str]:
    """The flow's project and branch, empty without one."""
    if flow.project is None:
        return "", ""
    from flowc.ir.project import branch_name  # noqa: PLC0415 (few flows are of a project)

    # Users have names of all letters, and machines have not.
    return flow.project.name, branch_name(flow.project, _ODD_LETTERS.sub("", flow.project.user))


def arn(service: str, resource: str) -> str:
    """The ARN of a resource of the account."""
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource}"


def machine_arn(name: str) -> str:
    """The ARN of a state machine."""
    return arn("states", f"stateMachine:{name}")


def alias_arn(name: str) -> str:
    """The ARN that starts executions of a state machine."""
    return f"{machine_arn(name)}:{ALIAS}"


# What a template of CloudFormation asks for where the command line does not say it.
IMAGE, JOB_QUEUE = "Image", "JobQueue"


def parameter(name: str) -> str:
    """What stands for a parameter of a template."""
    return f"${{{name}}}"
