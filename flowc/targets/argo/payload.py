"""Pieces of manifest that several of Argo's templates hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]

PATH = "{{inputs.parameters.path}}"


def named_values(values: Mapping[str, str]) -> list[Payload]:
    """Argo's and Kubernetes' lists of `name` and `value`."""
    return [{"name": name, "value": value} for name, value in values.items()]


def parameter_names(*names: str) -> Payload:
    """Parameters that the caller of a template must give a value."""
    return {"parameters": [{"name": name} for name in names]}


def call(template: str, path: str, *, when: str = "", **arguments: str) -> Payload:
    """A step of a `steps` template; it bears the name of the template it calls."""
    condition = {"when": when} if when else {}
    parameters = named_values({"path": path, **arguments})
    return {
        "name": template,
        "template": template,
        **condition,
        "arguments": {"parameters": parameters},
    }


def output_of(step: str, parameter: str) -> str:
    """A reference to what an earlier step of the same `steps` template has put out."""
    return f"{{{{steps.{step}.outputs.parameters.{parameter}}}}}"
