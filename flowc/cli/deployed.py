"""The deployment that a command is about: of a flow's file, or named as its engine has it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices
from flowc.cli.options import Branch, ConfigFiles, ConfigValues, Production
from flowc.cli.reading import read
from flowc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.deploy.runs import Runs
    from flowc.history.reader import Reader
    from flowc.ir.flow import Flow

DeploymentName = Annotated[
    str,
    typer.Argument(metavar="FLOW", help="flow.py, or what is deployed by its name: TrainFlow."),
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or latest.")]
TargetName = Annotated[str, typer.Option("--target", help="Where it is deployed: step-functions.")]
STEP_FUNCTIONS = "step-functions"

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
_NAME_LIMIT = 80
_ODD_LETTERS = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class DeployedChoices:
    """Which deployment is meant, where that does not follow from the flow alone."""

    target: TargetName = STEP_FUNCTIONS
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="If it is not called like the flow.")
    ] = ""
    branch: Branch = None
    production: Production = False
    config_files: ConfigFiles = field(default_factory=list)
    config_values: ConfigValues = field(default_factory=list)

    def without(self, own: set[str]) -> DeployedChoices:
        """The same but for the options whose names are those of a flow's own parameters."""
        name = "" if "name" in own else self.name
        return replace(self, name=name, branch=None if "branch" in own else self.branch)

    def read(self, word: str) -> Flow | None:
        """The flow of a file; nothing for the name of a deployment."""
        if not is_file(word):
            return None
        choices = FlowChoices(config_files=self.config_files, config_values=self.config_values)
        flow, _ = read(word, choices.asked())
        return flow

    def called(self, word: str, flow: Flow | None) -> str:
        """What the engine calls the deployment of a flow, or one that is named."""
        if flow is not None:
            flow = DeploymentChoices(self.branch, self.production).of(flow)
            return self.name or _deployment(flow)
        if self.branch is not None or self.production:
            raise UsageError(f"--branch and --production go with the flow's file, not `{word}`")
        return self.name or word

    def runs(self, word: str) -> Runs:
        """The runs of the deployment."""
        return open_runs(self.target, self.called(word, self.read(word)))


def open_runs(target: str, deployment: str) -> Runs:
    """The runs of a deployment on the engine of a target."""
    if target != STEP_FUNCTIONS:
        raise UsageError(f"flowc deploys to `{STEP_FUNCTIONS}`, and not to `{target}`")
    from flowc.deploy.step_functions.runs import StepFunctionsRuns

    return StepFunctionsRuns(deployment)


def reader_of(runs: Runs, store: str) -> Reader:
    """The store of a deployment; the command line may name it."""
    from flowc.history.reader import Reader

    store = store or runs.store
    if not store:
        raise UsageError(
            f"`{runs.deployment}` does not say where its store is; pass `--datastore-root`"
        )
    return Reader(store)


def container_log(about: Mapping[str, Any]) -> Iterator[str] | None:
    """What a container wrote, if its engine keeps that; `about` is the record of its task."""
    if "aws" not in about:
        return None
    from flowc.deploy.step_functions.logs import container_log as of_aws

    return of_aws(about["aws"])


def is_file(name: str) -> bool:
    """Whether a word names a flow's file."""
    path = name.partition(".py:")[0]
    return path != name or name.endswith(".py") or Path(name).is_file()


def file_of(name: str) -> str:
    """The path of a flow's file, without the flow's own name."""
    from flowc.driver import split_name

    return split_name(name)[0]


def _deployment(flow: Flow) -> str:
    from flowc.names import shortened

    if flow.project is None:
        return shortened(flow.name, _NAME_LIMIT)
    from flowc.ir.project import project_flow_name

    # Users have names of all letters, and state machines have not.
    user = _ODD_LETTERS.sub("", flow.project.user)
    return shortened(project_flow_name(flow.project, flow.name, user), _NAME_LIMIT)
