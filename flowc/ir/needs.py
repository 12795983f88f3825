"""What of a flow only Metaflow's own runtime does, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowc.ir.flow import Decorator, Flow, Origin, Step

# What flowc's native runtime leaves undone of Metaflow's own decorators.
_UNDONE = {
    "card": "renders no cards",
    "conda": "sets up no environment",
    "conda_base": "sets up no environment",
    "pypi": "sets up no environment",
    "pypi_base": "sets up no environment",
    "pytorch_parallel": "starts no PyTorch on a gang",
}


# What flowc's native runtime reads secrets from; without a name, the environment names it.
_BACKENDS = frozenset({"", "aws-secrets-manager", "environment", "inline"})


@dataclass(frozen=True, slots=True)
class Need:
    """A decorator that needs Metaflow's runtime; `step` is empty for one of the whole flow."""

    decorator: Decorator
    step: str
    why: str


def needs_of_metaflow(flow: Flow) -> tuple[Need, ...]:
    """What keeps the flow from flowc's native runtime; nothing if that does all it asks for."""
    return tuple(_needs(flow))


def _needs(flow: Flow) -> Iterator[Need]:
    placed = [("", decorator) for decorator in flow.decorators]
    placed += [(step.name, each) for step in flow.steps.values() for each in step.decorators]
    for step, decorator in placed:
        if why := _why(decorator):
            yield Need(decorator, step, why)
    for each in flow.steps.values():
        yield from _unread_secrets(each)


def _unread_secrets(step: Step) -> Iterator[Need]:
    sources = step.secrets.sources if step.secrets else ()
    backends = sorted({source.backend for source in sources} - _BACKENDS)
    asking = [each for each in step.decorators if each.name == "secrets"]
    if backends and asking:
        kept = ", ".join(f"`{backend}`" for backend in backends)
        why = f"`@secrets` needs Metaflow: flowc's native runtime reads no secrets from {kept}"
        yield Need(asking[0], step.name, why)


def _why(decorator: Decorator) -> str:
    """Why flowc's native runtime is not enough, as a sentence; empty if it is."""
    name = f"`@{decorator.name}`"
    match decorator.origin:
        case Origin.CORE:
            undone = _UNDONE.get(decorator.name)
            return f"{name} needs Metaflow: flowc's native runtime {undone}" if undone else ""
        case Origin.EXTENSION:
            return f"{name} is an extension of Metaflow's, and only Metaflow runs it"
        case Origin.USER_STEP_DECORATOR:
            return f"{name} is a user step decorator, and only Metaflow runs it around a step"
        case Origin.STEP_MUTATOR | Origin.FLOW_MUTATOR:
            return f"{name} is a mutator, and only Metaflow runs it before a flow"
        case Origin.FUNCTION | Origin.UNSEEN:
            # Where a manifest needs what it hides, there is an error that says so.
            hidden = () if decorator.hides_needed else decorator.hides
            used = ", ".join(f"`{each}`" for each in hidden)
            return f"{name} uses {used} of Metaflow's, and only Metaflow runs it" if used else ""
