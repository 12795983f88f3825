"""Which deployment of a flow a command is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.cli.choices import DeploymentChoices, FlowChoices
    from flowc.deploy.ledger import Ledger
    from flowc.ir.flow import Flow

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
_NAME_LIMIT = 80
_ODD_LETTERS = re.compile(r"[^A-Za-z0-9_.-]")

FlowOrName = Annotated[
    str,
    typer.Argument(
        metavar="FLOW", help="flow.py, or what the deployment is called, such as TrainFlow."
    ),
]
DeploymentName = Annotated[
    str,
    typer.Option(
        "--name",
        metavar="NAME",
        help="What the engine calls the deployment. [default: the flow's name, behind those of "
        "project and branch]",
    ),
]
DeployTarget = Annotated[
    str, typer.Option("--target", help="Where it is deployed: step-functions.")
]


@dataclass(frozen=True)
class Deployed:
    """A deployment by what it is called, and the name of its flow."""

    flow: str
    name: str

    def ledger(self, store: str, target: str) -> Ledger:
        """Where the store has its record; without a store, none is known."""
        from flowc.deploy.ledger import Ledger

        if not store:
            raise UsageError("say where the flow's runs are kept: `--datastore-root s3://…`")
        return Ledger(store, self.flow, target, self.name)


def find_deployment(
    flow: str, choices: FlowChoices, deployment: DeploymentChoices, name: str
) -> Deployed:
    """The deployment of a flow's file, or the one of that name."""
    if ":" in flow or Path(flow).suffix == ".py" or Path(flow).exists():
        from flowc.cli.choices import read_deployment

        parsed, _ = read_deployment(flow, choices, deployment)
        return Deployed(parsed.name, name or _name(parsed))
    if _ODD_LETTERS.search(flow):
        raise UsageError(f"`{flow}` is no file, and nothing that a deployment is called")
    return Deployed(flow.rpartition(".")[2], name or flow)


def _name(flow: Flow) -> str:
    from flowc.names import shortened

    if flow.project is None:
        return shortened(flow.name, _NAME_LIMIT)
    from flowc.ir.project import project_flow_name

    # Users have names of all letters, and state machines have not.
    user = _ODD_LETTERS.sub("", flow.project.user)
    return shortened(project_flow_name(flow.project, flow.name, user), _NAME_LIMIT)
