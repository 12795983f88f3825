"""What a deployment is compiled to, and the code package that it names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flowc.cli.output import fail, report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowc.diagnostics import Diagnostic
    from flowc.driver import Reading
    from flowc.ir.flow import Flow
    from flowc.package.build import Built
    from flowc.targets.target import CodePackage, CompileOptions


@dataclass(frozen=True)
class Compiled:
    """A document of an engine, and the package that its tasks fetch: its key and its file.

    `name` is what the engine calls the deployment.
    """

    name: str
    document: Mapping[str, Any]
    package: str = ""
    file: Path | None = None


def compile_deployment(
    flow: Flow, reading: Reading, target: str, options: CompileOptions, folder: Path | None
) -> Compiled:
    """Compile a flow, with a package in a folder or without one.

    What is wrong is reported, of the package and of the target, and then the command ends.
    """
    from flowc.targets import get_target

    emitter = get_target(target)
    built, found = _packed(flow, reading, folder) if folder else (None, [])
    package = _code_package(flow, built) if built else None
    manifest, diagnostics = emitter.emit(flow, replace(options, package=package))
    report([reading], [*diagnostics, *found])
    if manifest is None or (folder and built is None):
        fail()
    compiled = Compiled(emitter.deployment_name(flow, options.name), manifest.documents[0])
    if package is None or built is None:
        return compiled
    return replace(compiled, package=package.key, file=built.file)


def _packed(flow: Flow, reading: Reading, folder: Path) -> tuple[Built | None, list[Diagnostic]]:
    from flowc.package.archive import SUFFIX
    from flowc.package.build import build
    from flowc.package.collect import collect

    package, diagnostics = collect(flow, reading.path)
    return (build(package, folder / f"code{SUFFIX}") if package else None), diagnostics


def _code_package(flow: Flow, built: Built) -> CodePackage:
    from flowc.package.archive import SUFFIX
    from flowc.targets.target import CodePackage

    return CodePackage(f"{flow.name}/_flowc/packages/{built.digest}{SUFFIX}", built.sha256)
