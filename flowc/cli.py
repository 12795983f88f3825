"""The command line. Data goes to stdout, everything else to stderr.

Exit codes: 0 fine, 1 findings or a failed run, 2 a mistake in the call or in flowc itself.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO, TypeAlias

import typer

from flowc.cli_commands import Command, Commands
from flowc.errors import FlowcError, UsageError

if TYPE_CHECKING:
    from flowc.deploy.package import Package
    from flowc.diagnostics import Diagnostic
    from flowc.driver import Reading
    from flowc.ir.config import ConfigChoices
    from flowc.ir.flow import Decorator, Flow

app = typer.Typer(
    name="flowc",
    cls=Commands,
    help="Compile Metaflow-style Python flows to workflow engines, without importing them.",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

package = typer.Typer(help="Pack a flow's code and plan for containers.", no_args_is_help=True)
app.add_typer(package, name="package")

FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="flow.py, or flow.py:TrainFlow.")]
StoreRoot = Annotated[
    str,
    typer.Option(
        "--datastore-root",
        envvar="FLOWC_STORE",
        metavar="URL",
        help="Where artifacts are kept.",
    ),
]
With = Annotated[
    list[str],
    typer.Option(
        "--with",
        metavar="DECOSPEC",
        help="A decorator for every step that lacks it, such as retry or kubernetes:cpu=2.",
    ),
]
ConfigFiles = Annotated[
    list[str],
    typer.Option("--config", metavar="NAME FILE", help="What a config of the flow is read from."),
]
ConfigValues = Annotated[
    list[str],
    typer.Option("--config-value", metavar="NAME TEXT", help="What a config of the flow holds."),
]


# Decorators for every step, and what configurations are read from.
_Asked: TypeAlias = "tuple[Sequence[Decorator], ConfigChoices]"


def main() -> None:
    """Run the command line; what goes wrong is told in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter gets another one instead.
            stream.reconfigure(errors="replace")
    # Modules and one flow leave next to no garbage; what takes longer looks for it again.
    gc.disable()
    try:
        app()
    except FlowcError as error:
        _tell(f"flowc: error: {error}")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read the output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("FLOWC_TRACEBACK"):
            raise
        _tell(f"flowc: internal error: {type(error).__name__}: {error}")
        _tell("flowc: this is a bug; run again with FLOWC_TRACEBACK=1 for its traceback")
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        from flowc import __version__

        typer.echo(f"flowc {__version__}")
        raise typer.Exit


@app.command("compile", cls=Command)
def compile_command(
    flow: FlowName,
    target: Annotated[
        str, typer.Option(help="argo: an Argo WorkflowTemplate. ir: flowc's own view of the flow.")
    ] = "argo",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
    max_workers: Annotated[
        int, typer.Option(min=1, help="How many tasks of a foreach or run go on at once.")
    ] = 100,
    image: Annotated[str, typer.Option(help="The image of steps that name none.")] = "",
    store: StoreRoot = "",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """Compile a flow to the manifest of an engine."""
    from flowc.targets import get_target
    from flowc.targets.target import CompileOptions

    asked = _asked(decospecs, config_files, config_values)
    if target == "ir":
        from flowc.ir.text import render_text

        return _write(output, render_text(_read(flow, asked)[0]))
    emitter = get_target(target)
    parsed, reading = _read(flow, asked)
    options = CompileOptions(max_workers=max_workers, image=image, store=store)
    manifest, diagnostics = emitter.emit(parsed, options)
    _report([reading], diagnostics)
    if manifest is None:
        _fail()
    return _write(output, manifest.text)


@app.command(cls=Command)
def graph(
    flow: FlowName,
    graph_format: Annotated[
        str, typer.Option("--format", help="text, mermaid, dot, json or svg.")
    ] = "text",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """Show a flow's steps and how they lead to each other."""
    from flowc.graph.formats import get_renderer

    render = get_renderer(graph_format)
    asked = _asked(decospecs, config_files, config_values)
    _write(output, render(_read(flow, asked)[0]))


@app.command(cls=Command)
def lint(
    flows: Annotated[list[str], typer.Argument(metavar="FLOW...")],
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """Find mistakes in flows, without running them."""
    from flowc.diagnostics import failed
    from flowc.driver import read_flow
    from flowc.report import summary

    gc.enable()
    asked = _asked(decospecs, config_files, config_values)
    readings = [read_flow(flow, *asked) for flow in flows]
    found = [diagnostic for reading in readings for diagnostic in reading.diagnostics]
    _report(readings, found, sys.stdout)
    _tell(summary(found))
    if failed(found):
        _fail()


@package.command("build", cls=Command)
def package_build(
    flow: FlowName,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Default: DIGEST.flowc.tar.gz.")
    ] = "",
    image: Annotated[str, typer.Option(help="Write a Dockerfile for this image, too.")] = "",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """Write the archive, and its digest to stdout."""
    from flowc.deploy.build import build
    from flowc.deploy.sizes import size_text

    file = Path(output) if output else None
    built = build(_collect(flow, _asked(decospecs, config_files, config_values), file), file, image)
    _tell(f"wrote {built.file} ({size_text(built.size)}), SHA-256 of its content {built.sha256}")
    typer.echo(built.digest)


@package.command("ls", cls=Command)
def package_list(
    flow: FlowName,
    listing_format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """List what would be packed, with sizes."""
    from flowc.deploy.listing import get_renderer

    render = get_renderer(listing_format)
    _write("-", render(_collect(flow, _asked(decospecs, config_files, config_values))))


def _collect(flow: str, asked: _Asked, output: Path | None = None) -> Package:
    """What is packed for a flow; what is wrong is reported, and then the command ends."""
    from flowc.deploy.package import collect

    parsed, reading = _read(flow, asked)
    found, diagnostics = collect(parsed, reading.path, output)
    _report([reading], diagnostics)
    if found is None:
        _fail()
    return found


@app.command()
def rule(
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="Such as FC201.")] = "",
) -> None:
    """Explain a finding by its code; without one, list all codes."""
    from flowc.catalogue import all_codes, find_code

    if not code:
        for entry in all_codes():
            typer.echo(f"{entry.code}  {entry.severity:7}  {entry.name}")
        return
    found = find_code(code)
    typer.echo(f"# {found.code} {found.name} ({found.severity})\n\n{found.page}")


@app.command(
    cls=Command,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)
def run(
    context: typer.Context,
    flow: Annotated[
        str, typer.Argument(metavar="FLOW", help="flow.py, or flow.py:TrainFlow.")
    ] = "",
    max_workers: Annotated[int, typer.Option(min=1, help="How many tasks go on at once.")] = 16,
    store: StoreRoot = ".metaflow",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
    *,
    show_help: Annotated[
        bool, typer.Option("--help", help="Show this message and the flow's parameters.")
    ] = False,
) -> None:
    """Run a flow on this machine; its parameters are options."""
    asked = _asked(decospecs, config_files, config_values)
    if show_help or not flow:
        _run_help(context, flow, asked)
        raise typer.Exit(0 if show_help else 2)
    from flowc.local.parameters import parse_parameters

    parsed, reading = _read(flow, asked)
    parameters = parse_parameters(parsed, context.args)
    if not _run(parsed, reading, store, parameters, max_workers):
        _fail()


def _run_help(context: typer.Context, flow: str, asked: _Asked) -> None:
    typer.echo(context.get_help())
    if flow:
        from flowc.local.parameters import render_options

        typer.echo(f"\n{render_options(_read(flow, asked)[0])}".rstrip())


def _run(
    flow: Flow, reading: Reading, store: str, parameters: dict[str, str], max_workers: int
) -> bool:
    """Whether the run succeeded; leaves with 130 if it was interrupted."""
    from flowc.local.engine import RunSettings
    from flowc.local.engine import run as run_flow
    from flowc.local.run_id import new_run_id
    from flowc.progress.view import live_view
    from flowc.run_root import run_root

    gc.enable()
    with run_root(store) as (folder, remote):
        settings = RunSettings(
            run=new_run_id(folder, flow.name),
            store=folder,
            source=Path(reading.path).absolute().parent,
            parameters=parameters,
            max_workers=max_workers,
            remote=remote,
        )
        with live_view(flow) as listener:
            result = run_flow(flow, settings, listener)
    if result.interrupted:
        raise typer.Exit(130)
    return result.succeeded


def _read(name: str, asked: _Asked) -> tuple[Flow, Reading]:
    """The flow of a file; what is wrong is reported, and without a flow the command ends."""
    from flowc.driver import read_flow

    reading = read_flow(name, *asked)
    _report([reading], reading.diagnostics)
    if reading.flow is None:
        _fail()
    return reading.flow, reading


def _asked(decospecs: Sequence[str], files: Sequence[str], values: Sequence[str]) -> _Asked:
    """What `--with`, `--config` and `--config-value` ask for."""
    from flowc.ir.config import ConfigChoices

    decorators: Sequence[Decorator] = ()
    if decospecs:
        from flowc.decospec import parse_decospec

        decorators = [parse_decospec(decospec) for decospec in decospecs]
    choices = ConfigChoices(_pairs(files), _pairs(values))
    for name in sorted(choices.files.keys() & choices.values.keys()):
        raise UsageError(f"config `{name}` is given a file and a value; give one of them")
    return decorators, choices


def _pairs(given: Sequence[Any]) -> dict[str, str]:
    """What Typer has for an option of two words, given several times."""
    return dict(given)


def _report(
    readings: Sequence[Reading], diagnostics: Sequence[Diagnostic], stream: TextIO | None = None
) -> None:
    """Write diagnostics with their source lines, to stderr if nothing else is said."""
    from flowc.report import render

    stream = stream or sys.stderr
    lines = {path: of_file for reading in readings for path, of_file in reading.lines.items()}
    color = stream.isatty() and not os.environ.get("NO_COLOR")
    stream.write(render(diagnostics, lines, color=color))


def _write(output: str, text: str) -> None:
    if output == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    from flowc.files import write_whole

    write_whole(Path(output), text)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _fail() -> NoReturn:
    raise typer.Exit(1)
