"""Which deployment of a flow a command is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.cli.choices import DeploymentChoices, FlowChoices
    from flowc.deploy.ledger import Ledger
    from flowc.ir.flow import Flow

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


def deployed_as(flow: Flow, name: str) -> Deployed:
    """The deployment of a flow; an empty name is the one that follows from the flow."""
    return Deployed(flow.name, name or _name(flow))


def find_deployment(
    flow: str, choices: FlowChoices, deployment: DeploymentChoices, name: str
) -> Deployed:
    """The deployment of a flow's file, or the one of that name."""
    if ":" in flow or Path(flow).suffix == ".py" or Path(flow).exists():
        from flowc.cli.choices import read_deployment

        return deployed_as(read_deployment(flow, choices, deployment)[0], name)
    return Deployed(flow.rpartition(".")[2], name or flow)


def _name(flow: Flow) -> str:
    if flow.project is None:
        return flow.name
    from flowc.ir.project import project_flow_name

    return project_flow_name(flow.project, flow.name, flow.project.user)
