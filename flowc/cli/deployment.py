"""The deployment that a command is about: of a flow's file, or named as its engine has it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices
from flowc.cli.options import (
    AirflowUrl,
    Branch,
    ConfigFiles,
    ConfigValues,
    Environment,
    Production,
)
from flowc.cli.output import tell
from flowc.cli.reading import read
from flowc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.deploy.access import Access
    from flowc.deploy.ledger import Ledger
    from flowc.deploy.runs import Runs
    from flowc.deploy.versions import Versions
    from flowc.history.reader import Reader
    from flowc.ir.flow import Flow

# What engines call things is made of these, and of slashes nothing but a file's path.
_NAME = re.compile(r"[A-Za-z0-9_.-]+")

FlowOrName = Annotated[
    str,
    typer.Argument(
        metavar="FLOW", help="flow.py, or what the deployment is called, such as TrainFlow."
    ),
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or latest.")]
DeployTarget = Annotated[
    str, typer.Option("--target", help="Where it is deployed: step-functions or airflow.")
]
DEFAULT_TARGET = "step-functions"


@dataclass(frozen=True)
class Deployed:
    """A deployment by what its engine calls it, and the name of its flow, if that is known."""

    target: str
    flow: str
    name: str
    access: Access | None = None

    def ledger(self, store: str) -> Ledger:
        """Where the store has its record; without a store, none is known."""
        from flowc.deploy.ledger import Ledger

        if not store:
            raise UsageError("say where the flow's runs are kept: `--datastore-root s3://…`")
        return Ledger(store, self.flow or self.versions().flow, self.target, self.name)

    def at(self, **said: Any) -> Deployed:
        """The same, with more said of where it is; see `Access`."""
        return replace(self, access=replace(self._access, **said))

    def versions(self) -> Versions:
        """What its engine keeps of it."""
        from flowc.deploy.engines import versions

        return versions(self.target, self.name, self._access)

    def runs(self) -> Runs:
        """Its runs, as its engine has them."""
        from flowc.deploy.engines import runs

        return runs(self.target, self.name, self._access)

    @property
    def _access(self) -> Access:
        from flowc.deploy.access import Access

        return replace(self.access or Access(), flow=self.flow)


@dataclass(frozen=True)
class DeployedChoices:
    """Which deployment is meant, where that does not follow from the flow alone."""

    target: DeployTarget = DEFAULT_TARGET
    name: Annotated[
        str,
        typer.Option(
            "--name",
            metavar="NAME",
            help="What the engine calls the deployment. [default: the flow's name, behind those of "
            "project and branch]",
        ),
    ] = ""
    branch: Branch = None
    production: Production = False
    airflow_url: AirflowUrl = ""
    config_files: ConfigFiles = field(default_factory=list)
    config_values: ConfigValues = field(default_factory=list)

    def without(self, own: set[str], settings: Mapping[str, Any]) -> DeployedChoices:
        """The same but for options that are a flow's own parameters: those are as settings say."""
        defaults: Mapping[str, Any] = {"name": "", "branch": None}
        kept = {each: settings.get(each, value) for each, value in defaults.items() if each in own}
        return replace(self, **kept)

    def access(self) -> Access:
        """What they say of where a flow is deployed."""
        from flowc.deploy.access import Access

        return Access(airflow_url=self.airflow_url, tell=tell)

    def read(self, word: str) -> Flow | None:
        """The flow of a file; nothing for the name of a deployment."""
        if not is_file(word):
            return None
        choices = FlowChoices(config_files=self.config_files, config_values=self.config_values)
        flow, _ = read(word, choices.asked())
        return flow

    def of(self, flow: Flow) -> Deployed:
        """The deployment of a flow."""
        from flowc.targets import get_target

        flow = DeploymentChoices(self.branch, self.production).of(flow)
        name = get_target(self.target).deployment_name(flow, self.name)
        return Deployed(self.target, flow.name, name, self.access())

    def called(self, word: str) -> Deployed:
        """The deployment that a word names; its engine knows of which flow it is."""
        if self.branch is not None or self.production:
            raise UsageError(f"--branch and --production go with the flow's file, not `{word}`")
        if not _NAME.fullmatch(word):
            raise UsageError(f"`{word}` is no file, and nothing that a deployment is called")
        return Deployed(self.target, "", self.name or word, self.access())

    def find(self, word: str) -> Deployed:
        """The deployment of a flow's file, or the one of that name."""
        from flowc.deploy.engines import check_target

        check_target(self.target)
        flow = self.read(word)
        return self.of(flow) if flow else self.called(word)


@dataclass(frozen=True)
class DeployedInEnvironment(DeployedChoices):
    """The same, for commands whose options are all their own."""

    environment: Environment = ""


def reader_of(runs: Runs, store: str) -> Reader:
    """The store of a deployment; the command line may name it."""
    from flowc.history.reader import Reader

    store = store or runs.store
    if not store:
        raise UsageError(
            f"`{runs.deployment}` does not say where its store is; pass `--datastore-root`"
        )
    return Reader(store)


def is_file(name: str) -> bool:
    """Whether a word names a flow's file."""
    path = file_of(name)
    # Pathlib raises for names that no file can have.
    return path != name or path.endswith(".py") or os.path.isfile(path)  # noqa: PTH113


def file_of(name: str) -> str:
    """The path of a flow's file, without the flow's own name."""
    from flowc.driver import split_name

    return split_name(name)[0]
