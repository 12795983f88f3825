"""The command `deploy`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.choices import (
    DeploymentChoices,
    FlowChoices,
    PlaceChoices,
    TargetChoices,
    read_deployment,
)
from flowc.cli.commands import Command
from flowc.cli.deployment import DEFAULT_TARGET, Deployed, DeployTarget
from flowc.cli.groups import expanded
from flowc.cli.options import FlowName, OutputFormat, is_json
from flowc.cli.output import fail

if TYPE_CHECKING:
    from flowc.cli.compiled import Compiled
    from flowc.cli.outcome import Outcome
    from flowc.deploy.engine import Engine
    from flowc.deploy.ledger import Ledger
    from flowc.deploy.plan import Allowed

app = typer.Typer(rich_markup_mode=None)


@dataclass(frozen=True)
class DeployChoices:
    """What a deploy may do, and how it tells of it."""

    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = (
        False
    )
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Undo what others have changed since, or move to another store."
        ),
    ] = False
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt", help="Take over what flowc has not made or another deployment has."
        ),
    ] = False
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Delete what is kept for runs that go on and for older versions.",
        ),
    ] = False
    packed: Annotated[
        bool,
        typer.Option(
            "--package/--no-package", help="Whether tasks fetch the code, or images hold it."
        ),
    ] = True
    output_format: OutputFormat = "text"

    def allowed(self) -> Allowed:
        """What the user lets the deploy do."""
        from flowc.deploy.plan import Allowed

        return Allowed(force=self.force, adopt=self.adopt, prune=self.prune)

    @property
    def is_asked(self) -> bool:
        """Whether somebody is asked before anything is done."""
        return not (self.dry_run or self.yes)


@app.command(cls=Command)
@expanded
def deploy(
    flow: FlowName,
    flow_choices: FlowChoices,
    deployment: DeploymentChoices,
    choices: TargetChoices,
    place: PlaceChoices,
    deploying: DeployChoices,
    target: DeployTarget = DEFAULT_TARGET,
) -> None:
    """Compile a flow and bring it to an engine: show what changes, ask, and do it."""
    import tempfile
    from pathlib import Path

    from flowc.cli.compiled import compile_deployment
    from flowc.cli.outcome import Outcome
    from flowc.deploy.engines import check_target, connect
    from flowc.deploy.store_check import check_store

    check_target(target)
    as_json = is_json(deploying.output_format)
    parsed, reading = read_deployment(flow, flow_choices, deployment)
    with tempfile.TemporaryDirectory(prefix="flowc-") as folder:
        packed = Path(folder) if deploying.packed else None
        compiled = compile_deployment(parsed, reading, target, choices.options(target), packed)
        access = place.access(parsed.name, choices.store)
        deployed = Deployed(target, parsed.name, compiled.name, access)
        ledger = deployed.ledger(choices.store)
        outcome = Outcome(ledger, _back(flow, ledger, choices.name), as_json=as_json)
        with outcome.telling():
            engine = connect(target, compiled.document, access)
            engine.check()
            if not deploying.force:
                check_store(deployed.versions(), ledger)
            _deploy(compiled, engine, deploying, outcome)


def _back(flow: str, ledger: Ledger, name: str) -> str:
    """The command that goes back to what was live before."""
    from shlex import join

    which = [flow, "--name", name] if name else [ledger.name]
    where = [] if ledger.target == DEFAULT_TARGET else ["--target", ledger.target]
    return join(["flowc", "rollback", *which, *where, "--datastore-root", ledger.store])


def _deploy(compiled: Compiled, engine: Engine, choices: DeployChoices, outcome: Outcome) -> None:
    from flowc.deploy.carry_out import Deploying
    from flowc.deploy.plan import make_plan

    outcome.place = engine.place
    problems = engine.validate()
    if problems:
        outcome.invalid(problems)
        fail()
    plan = make_plan(engine, outcome.ledger, choices.allowed(), compiled.package)
    outcome.show(plan, is_asked=choices.is_asked and not plan.is_empty)
    deploying = Deploying(plan, engine, outcome.ledger, compiled.file)
    if plan.refused:
        outcome.refused(plan)
        fail()
    if choices.dry_run:
        outcome.planned("unchanged" if plan.is_empty else "planned")
    elif plan.is_empty:
        deploying.catch_up()
        outcome.unchanged()
    else:
        _confirm(choices, outcome)
        for item in deploying.carry_out():
            outcome.did(item)
        outcome.finished(engine.links(), has_back=deploying.has_moved())


def _confirm(choices: DeployChoices, outcome: Outcome) -> None:
    """Ask whether to go on, unless that is settled; without an answer the command ends."""
    if not choices.is_asked:
        return
    if not sys.stdin.isatty():
        from flowc.errors import UsageError

        outcome.planned("unconfirmed")
        raise UsageError("nothing was done, as there is nobody to ask; say `--yes`")
    if not typer.confirm("Go on?", err=True):
        outcome.planned("declined")
        fail()
