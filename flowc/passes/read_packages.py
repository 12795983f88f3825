"""Reads `@conda_base` and `@pypi_base`: the packages that all steps of a flow need."""

from __future__ import annotations

from collections.abc import Callable

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow, Value
from flowc.ir.packages import Installer, Packages
from flowc.passes.flow_arguments import Arguments, is_text, named

_INSTALLERS = {"conda_base": Installer.CONDA, "pypi_base": Installer.PYPI}
_EXPECTED = "a dictionary of packages and the texts of their versions"
_PLAIN = ("disabled", "packages", "python")


def read_packages(flow: Flow) -> tuple[tuple[Packages, ...], list[Diagnostic]]:
    """What each of the decorators asks for, and what is wrong with it."""
    found: list[Packages] = []
    diagnostics: list[Diagnostic] = []
    for decorator in named(flow, *_INSTALLERS):
        arguments = _arguments(decorator)
        found.append(_packages(arguments, _INSTALLERS[decorator.name]))
        diagnostics += arguments.diagnostics
    return tuple(found), diagnostics


def _arguments(decorator: Decorator) -> Arguments:
    older = ("libraries",) if decorator.name == "conda_base" else ()
    return Arguments(decorator, sorted([*_PLAIN, *older]))


def _packages(arguments: Arguments, installer: Installer) -> Packages:
    # Metaflow puts versions for conda into texts, and stumbles over numbers for PyPI.
    fits = _is_version if installer is Installer.CONDA else is_text
    packages = {
        name: str(version)
        for argument in ("libraries", "packages")
        if argument in arguments.known
        for name, version in _versions(arguments, argument, fits).items()
    }
    python = arguments.value("python", fits, 'a version such as `"3.11"`')
    return Packages(
        installer,
        packages,
        arguments.decorator.span,
        python="" if python is None else str(python),
        disabled=bool(arguments.flag("disabled")),
    )


def _versions(
    arguments: Arguments, argument: str, fits: Callable[[Value], bool]
) -> dict[str, Value]:
    given = arguments.mapping(argument, _EXPECTED)
    for name, version in given.items():
        if not fits(version):
            arguments.wrong(argument, {name: version}, _EXPECTED)
    return dict(given)


def _is_version(value: Value) -> bool:
    return is_text(value) or (isinstance(value, int | float) and not isinstance(value, bool))
