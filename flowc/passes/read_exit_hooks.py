"""Reads `@exit_hook`: which functions are called when a run has ended."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.ir.exit_hooks import ExitHook, HookFunction
from flowc.ir.flow import Decorator, Flow, Unknown, Value
from flowc.ir.references import FunctionName
from flowc.passes import exit_hook_problems as problems
from flowc.passes.flow_arguments import Arguments, named, shown
from flowc.passes.trigger_problems import unknown_key

_LISTS = ("on_error", "on_success")


def read_exit_hooks(flow: Flow) -> tuple[tuple[ExitHook, ...], list[Diagnostic]]:
    """The flow's hooks, one for each decorator, and what is wrong with them."""
    arguments = [Arguments(each, (*_LISTS, "options")) for each in named(flow, "exit_hook")]
    hooks = tuple(map(_exit_hook, arguments))
    return hooks, [found for each in arguments for found in each.diagnostics]


def _exit_hook(arguments: Arguments) -> ExitHook:
    decorator = arguments.decorator
    # One that is given without `on_success=` is told for that.
    if not any(map(arguments.given, _LISTS)) and not decorator.positional:
        arguments.found(problems.no_hooks(decorator))
    return ExitHook(
        decorator.span,
        on_success=tuple(_functions(arguments, "on_success")),
        on_error=tuple(_functions(arguments, "on_error")),
        image=_image(arguments),
    )


def _functions(arguments: Arguments, argument: str) -> Iterator[HookFunction]:
    given = arguments.given(argument)
    match given:
        case tuple():
            here = arguments.decorator.at(argument)
            for value in given:
                if reason := _reason_against(value):
                    arguments.found(problems.uncallable_hook(here, shown(value), reason))
                else:
                    yield _function(value)
        case None:
            return
        case Unknown() if not isinstance(given, FunctionName):
            arguments.unknown(argument, given)
        case _:
            arguments.wrong(argument, given, "a list of functions")


def _function(value: Value) -> HookFunction:
    if isinstance(value, FunctionName):
        return HookFunction(value.name, value.module)
    module, _, name = str(value).rpartition(".")
    return HookFunction(name, module)


def _reason_against(value: Value) -> str:
    """Why a value is no hook, or nothing if it is one."""
    # The text of a decorator that a variable holds is not looked up.
    if isinstance(value, str):
        return ""
    if not isinstance(value, FunctionName):
        return "is no function that can be found by its name"
    if value.missing:
        place = f"the module `{value.module}`" if value.module else "the flow's file"
        return f"is not in {place}"
    if value.arguments:
        return f"must be given {', '.join(f'`{name}`' for name in value.arguments)}"
    return ""


def _image(arguments: Arguments) -> str:
    options = arguments.mapping("options", "a dictionary such as `{'image': …}`")
    here: Decorator = arguments.decorator.at("options")
    for key in options:
        if key != "image":
            arguments.found(unknown_key(here, "`options`", key, ("image",)))
    image = options.get("image")
    if image is not None and not isinstance(image, str):
        arguments.wrong("options", {"image": image}, "the name of an image")
        return ""
    return image or ""
