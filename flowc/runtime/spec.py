"""`FlowSpec`: what a flow is written with."""

from __future__ import annotations

from types import FunctionType, MethodType

from flowc.runtime.context import SLOT
from flowc.runtime.current import current
from flowc.runtime.errors import FlowError, GraphError
from flowc.runtime.inputs import UNPICKLABLE, merge
from flowc.runtime.transition import read_transition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from flowc.runtime.context import Context


class FlowSpec:
    """The base class of a flow. Attributes set on it are artifacts, which the next steps see."""

    def __init__(self, *, use_cli: bool = True) -> None:
        if current.is_running_flow:
            # The last lines of a flow's file make an instance when the shim loads it.
            return
        if use_cli and type(self).__module__ == "__main__":
            from flowc.runtime.command import start_command  # noqa: PLC0415 (not in a task)

            start_command(type(self).__name__)

    @property
    def index(self) -> int | None:
        """The task's index in the innermost foreach, or `None` outside of any."""
        return context_of(self).index()

    @property
    def input(self) -> Any:
        """The task's value of the innermost foreach, or `None` outside of any."""
        return context_of(self).input()

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        """Index, count and value of each foreach around the task, outermost first."""
        return context_of(self).foreach_stack()

    def next(self, *destinations: Any, **forms: Any) -> None:
        """Say which steps come next: once, at the end of each step but the last.

        One step: `self.next(self.a)`. All of several: `self.next(self.a, self.b)`. Once for each
        value of an artifact: `self.next(self.a, foreach="values")`, or at once on `n` nodes:
        `self.next(self.a, num_parallel=n)`. One of several, by the value of an artifact:
        `self.next({"x": self.a, "y": self.b}, condition="choice")`.
        """
        context = context_of(self)
        if context.transition is not None:
            raise GraphError(
                f"multiple self.next() calls detected in step `{context.step.name}`; "
                "call self.next() only once"
            )
        context.transition = read_transition(self, context.step, destinations, forms)

    def merge_artifacts(
        self,
        inputs: Any,
        exclude: Sequence[str] | None = None,
        include: Sequence[str] | None = None,
    ) -> None:
        """Take over the artifacts of a join's inputs that are not set yet.

        Inputs that disagree on one raise an error, and so does an included one that none has.
        """
        context = context_of(self)
        found = merge(self, context.step, inputs, exclude or (), include or ())
        context.artifacts.update(found)

    def __getattr__(self, name: str) -> Any:
        context = vars(self).get(SLOT)
        if context is not None and name in context.artifacts:
            value = vars(self)[name] = context.load(name)
            return value
        if name == "name":
            return type(self).__name__
        raise AttributeError(f"flow `{type(self).__name__}` has no attribute `{name}`")

    def __setattr__(self, name: str, value: Any) -> None:
        if _is_constant(type(self), name):
            raise AttributeError("Flow level attributes and Parameters are not modifiable")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if _is_constant(type(self), name):
            raise AttributeError("Flow level attributes and Parameters are not modifiable")
        super().__delattr__(name)

    def __str__(self) -> str:
        context = vars(self).get(SLOT)
        where = f" step {context.step.name} at {context.path}" if context else ""
        return f"<flow {type(self).__name__}{where}>"

    def __getstate__(self) -> object:
        raise FlowError(UNPICKLABLE)


def context_of(flow: FlowSpec) -> Context:
    """The task that a flow object stands in; raises outside of any."""
    context: Context | None = vars(flow).get(SLOT)
    if context is None:
        raise FlowError(f"flow `{type(flow).__name__}` is not running in a task")
    return context


def constants(flow: type) -> dict[str, Any]:
    """The attributes of a flow's class that no step can change, by name."""
    return {name: getattr(flow, name) for name in dir(flow) if _is_constant(flow, name)}


def _is_constant(flow: type, name: str) -> bool:
    # Tasks run in their own processes, where a changed class would be as it was: better to refuse.
    if name.startswith("_") or not hasattr(flow, name):
        return False
    value = getattr(flow, name)
    is_code = isinstance(value, (FunctionType, MethodType, type))
    return not is_code and not hasattr(type(value), "__set__")
