"""Reads `@conda_base` and `@pypi_base`: the packages that all steps of a flow need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow, Step, Unknown, Value
from flowc.ir.packages import NO_ENVIRONMENT, Installer, Packages, StepPackages
from flowc.passes.flow_arguments import Arguments, is_text, named

Fits: TypeAlias = Callable[[Value], bool]

_INSTALLERS = {"conda_base": Installer.CONDA, "pypi_base": Installer.PYPI}
_EXPECTED = "a dictionary of packages and the texts of their versions"
_LISTS = ("libraries", "packages")
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


def for_steps(flow: Flow, packages: tuple[Packages, ...]) -> Mapping[str, Step]:
    """The steps, each with what it asks for from PyPI besides what all of them need."""
    of_all = next((each for each in packages if each.installer is Installer.PYPI), None)
    if of_all is None:
        return flow.steps
    is_untold = any(decorator.positional for decorator in named(flow, "pypi_base"))
    base = None if is_untold else _base(of_all)
    return {
        name: replace(step, pypi=_together(step.pypi, base)) for name, step in flow.steps.items()
    }


def _base(packages: Packages) -> StepPackages | None:
    """What the flow's decorator asks for; None where only running would tell."""
    match packages.packages, packages.python, packages.disabled:
        case Mapping() as versions, str() as python, bool() as disabled:
            return StepPackages(versions, python, disabled)
        case _:
            return None


def _together(own: StepPackages | None, base: StepPackages | None) -> StepPackages:
    if base is None:
        return NO_ENVIRONMENT
    return (own or StepPackages()).above(base)


def _arguments(decorator: Decorator) -> Arguments:
    older = ("libraries",) if decorator.name == "conda_base" else ()
    return Arguments(decorator, sorted([*_PLAIN, *older]))


def _packages(arguments: Arguments, installer: Installer) -> Packages:
    # Metaflow puts versions for conda into texts, and stumbles over numbers for PyPI.
    fits = _is_version if installer is Installer.CONDA else is_text
    python, disabled = arguments.given("python"), arguments.given("disabled")
    return Packages(
        installer,
        _versions(arguments, fits),
        arguments.decorator.span,
        python=python if isinstance(python, Unknown) else _python(arguments, fits),
        disabled=disabled if isinstance(disabled, Unknown) else bool(arguments.flag("disabled")),
    )


def _python(arguments: Arguments, fits: Fits) -> str:
    python = arguments.value("python", fits, 'a version such as `"3.11"`')
    return "" if python is None else str(python)


def _versions(arguments: Arguments, fits: Fits) -> dict[str, str] | Unknown:
    """The packages; those of the older argument count where the newer one does not name them."""
    versions: dict[str, str] = {}
    for argument in (each for each in _LISTS if each in arguments.known):
        given = arguments.given(argument)
        if isinstance(given, Unknown):
            return given
        for name, version in arguments.mapping(argument, _EXPECTED).items():
            if fits(version):
                versions[name] = str(version)
            else:
                arguments.wrong(argument, {name: version}, _EXPECTED)
    return versions


def _is_version(value: Value) -> bool:
    return is_text(value) or (isinstance(value, int | float) and not isinstance(value, bool))
