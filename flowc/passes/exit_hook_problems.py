"""What can be wrong with what is called when a run has ended."""

from __future__ import annotations

from flowc.diagnostics import Finding, problem
from flowc.ir.flow import Decorator


@problem("FC342")
def no_hooks(decorator: Decorator) -> Finding:
    """An exit hook without functions.

    ## Why is this bad?
    It would do nothing, and Metaflow refuses it.

    ## Example
        @exit_hook(on_success=[])

    ## Use instead
        @exit_hook(on_success=[report])
    """
    return Finding(
        decorator.span,
        "`@exit_hook` has nothing to call",
        "list functions in `on_success` or `on_error`",
    )


@problem("FC343")
def uncallable_hook(decorator: Decorator, given: str, reason: str) -> Finding:
    """A hook that cannot be called by its name when a run has ended.

    The engine loads the flow's file, or the module that the hook comes from, and calls the
    function by its name: without arguments, or with the run if it has an argument `run`.

    ## Why is this bad?
    The hook would fail when it is too late, after the run.

    ## Example
        @exit_hook(on_error=[lambda run: alert(run)])

    ## Use instead
        def alert_of(run):
            alert(run)


        @exit_hook(on_error=[alert_of])
    """
    return Finding(
        decorator.span,
        f"`{given}` {reason}",
        "name a function of the flow's file or of a module that takes `run` or nothing",
    )
