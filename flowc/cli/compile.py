"""The command `compile`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices, TargetChoices, read_deployment
from flowc.cli.commands import Command
from flowc.cli.groups import expanded
from flowc.cli.options import FlowName
from flowc.cli.output import fail, report, tell, write
from flowc.cli.reading import read
from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.ir.flow import Flow
    from flowc.targets.target import CompileOptions, Target

app = typer.Typer(rich_markup_mode=None)

# The targets whose tasks can fetch their code from the store.
_FETCHING = frozenset({"step-functions", "airflow", "kubeflow"})


@app.command("compile", cls=Command)
@expanded
def compile_command(
    flow: FlowName,
    flow_choices: FlowChoices,
    deployment: DeploymentChoices,
    choices: TargetChoices,
    target: Annotated[
        str,
        typer.Option(
            help="argo: an Argo WorkflowTemplate. step-functions: a state machine of AWS and the "
            "jobs of AWS Batch in it. airflow: a file of DAGs. kubeflow: a pipeline. "
            "ir: flowc's own view of the flow."
        ),
    ] = "argo",
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write; - is stdout, FOLDER/ its parts."
        ),
    ] = "-",
    package: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="Let tasks fetch their code: a file of `flowc package build`."
        ),
    ] = "",
    output_format: Annotated[
        str,
        typer.Option(
            "--format", help="step-functions: json or cloudformation. kubeflow: yaml or k8s."
        ),
    ] = "",
) -> None:
    """Compile a flow to the manifest of an engine."""
    from flowc.targets import get_target

    if target == "ir":
        from flowc.ir.text import render_text

        if _is_folder(output):
            _refuse_folder(output, target)
        return write(output, render_text(read(flow, flow_choices.asked())[0]))
    emitter = get_target(target)
    parsed, reading = read_deployment(flow, flow_choices, deployment)
    options = replace(choices.options(target), format=_known(output_format, emitter))
    if package:
        options = _packaged(options, Path(package), parsed, target)
    manifest, diagnostics = emitter.emit(parsed, options)
    report([reading], diagnostics)
    if manifest is None:
        fail()
    if options.package:
        tell(f"copy {package} to {options.store.rstrip('/')}/{options.package.key}")
    if _is_folder(output):
        from flowc.cli.parts import write_into

        return write_into(Path(output), manifest.files or _refuse_folder(output, target))
    return write(output, manifest.text)


def _packaged(options: CompileOptions, file: Path, flow: Flow, target: str) -> CompileOptions:
    """Options with the package of a file; a `UsageError` tells that it is another flow's."""
    from flowc.ir.plan import render_plan
    from flowc.package.opened import open_package
    from flowc.targets.target import CodePackage

    if target not in _FETCHING:
        raise UsageError(f"`--target {target}` takes no `--package`; images hold the code there")
    opened = open_package(file)
    if opened.plan.strip() != render_plan(flow).strip():
        raise UsageError(f"`{file}` was built from another state of the flow; build it again")
    return replace(options, package=CodePackage(opened.key, opened.sha256))


def _known(wanted: str, target: Target) -> str:
    if wanted and wanted not in target.formats:
        known = ", ".join(f"`{name}`" for name in target.formats)
        raise UsageError(f"there is no format `{wanted}` of `{target.name}`; it has {known}")
    return wanted


def _is_folder(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()


def _refuse_folder(folder: str, target: str) -> NoReturn:
    raise UsageError(f"--output {folder}: what `{target}` takes is one file; name it")
