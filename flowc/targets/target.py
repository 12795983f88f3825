"""What a target is: it turns a flow into the manifest of one engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow

Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """What AWS calls the things that jobs run with: a queue's name or ARN, and the ARNs of roles.

    What is empty is not named.
    """

    job_queue: str = ""
    job_role: str = ""
    execution_role: str = ""


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """What whoever compiles a flow may choose, on every target.

    `max_workers` caps the tasks of each foreach, and of the run where the engine can. `image` is
    for the steps that name none. `store` is the URL of the store; empty: the target's default.
    """

    max_workers: int = 100
    image: str = ""
    store: str = ""
    aws: AwsOptions = AwsOptions()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an engine gets: its documents in the order to apply them, and all of them as text."""

    documents: tuple[Mapping[str, Any], ...]
    text: str


class Target(Protocol):
    """An engine that flowc compiles to. It is stateless, and asks nothing but its arguments."""

    @property
    def name(self) -> str:
        """What `--target` calls it."""

    def emit(self, flow: Flow, options: CompileOptions) -> tuple[Manifest | None, list[Diagnostic]]:
        """The manifest of a flow whose passes have run, and what the engine makes of the flow.

        There is no manifest if one of the diagnostics is an error. Nothing is raised for a flow.
        """
