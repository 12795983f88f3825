"""What of a flow only Metaflow's own runtime does, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowc import __all__ as native_names
from flowc.diagnostics import Span
from flowc.ir.flow import Decorator, Flow, Import, Origin, Step
from flowc.ir.known_decorators import MAKERS

# What flowc's native runtime leaves undone of Metaflow's own decorators.
_UNDONE = {
    "card": "renders no cards",
    "conda": "sets up no environment",
    "conda_base": "sets up no environment",
    "pytorch_parallel": "starts no PyTorch on a gang",
}


# Besides its names, all that flowc has of the modules below `metaflow`.
_NATIVE_MODULES = frozenset({"exception"})
# What flowc's native runtime reads secrets from; without a name, the environment names it.
_BACKENDS = frozenset({"", "aws-secrets-manager", "environment", "inline"})


@dataclass(frozen=True, slots=True)
class Need:
    """A decorator or import that needs Metaflow's runtime; `step` is empty for the whole flow."""

    what: Decorator | Import
    step: str
    why: str

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.what.span


def needs_of_metaflow(flow: Flow) -> tuple[Need, ...]:
    """What keeps the flow from flowc's native runtime; nothing if that does all it asks for."""
    decorators = tuple(_decorators(flow))
    return (*decorators, *_imports(flow, decorators))


def _imports(flow: Flow, decorators: tuple[Need, ...]) -> Iterator[Need]:
    """The imports, but for those of what the decorators are told of by."""
    told = {need.what.name for need in decorators} | (MAKERS if decorators else set())
    for each in flow.imports:
        if each.name.rpartition(".")[2] not in told and not _is_native(each.name):
            why = f"`{each.name}` is Metaflow's, and flowc's native runtime has no such name"
            yield Need(each, "", why)


def _is_native(imported: str) -> bool:
    home, _, name = imported.partition(".")
    first, _, inner = name.partition(".")
    if not first or first.startswith("__") or first in {*native_names, *_NATIVE_MODULES, "*"}:
        return True
    return home == "flowc" and bool(inner)


def _decorators(flow: Flow) -> Iterator[Need]:
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
            undone = _UNDONE.get(decorator.name) or _untold_packages(decorator)
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


def _untold_packages(decorator: Decorator) -> str:
    """Why no environment can be made of it before the flow runs; empty if one can."""
    if decorator.name not in {"pypi", "pypi_base"}:
        return ""
    from flowc.ir.values import is_certain  # noqa: PLC0415 (few flows name packages)

    told = is_certain(decorator.positional) and is_certain(decorator.arguments)
    return "" if told else "sets up no environment of what only running tells"
