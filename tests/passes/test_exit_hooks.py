"""What `@exit_hook` calls, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from passes.flows import codes, decorated

from flowc.driver import read_flow
from flowc.ir.exit_hooks import HookFunction

FUNCTIONS = """
import functools
import library.hooks
import library as lib
from library import away, hooks as inner
from library.deep import away as far
from . import siblings
from .siblings import beside

def plain(): ...
def of_run(run, *, loud=False): ...
def of_anything(**others): ...
def of_path(path): ...
def of_key(*, key): ...
def of_position(run, /): ...
async def later(): ...
@functools.cache
def wrapped(path): ...
made = functools.partial(of_path, "a")
class Hook:
    def method(self): ...
"""

CALLED = {
    "[plain]": (HookFunction("plain"),),
    "(plain, of_run)": (HookFunction("plain"), HookFunction("of_run")),
    "['plain', of_anything]": (HookFunction("plain"), HookFunction("of_anything")),
    "[wrapped]": (HookFunction("wrapped"),),
    "[made, 'made']": (HookFunction("made"), HookFunction("made")),
    "[away]": (HookFunction("away", "library"),),
    "[far]": (HookFunction("away", "library.deep"),),
    "[library.hooks.call]": (HookFunction("call", "library.hooks"),),
    "[lib.call]": (HookFunction("call", "library"),),
    "[inner.call]": (HookFunction("call", "library.hooks"),),
    "['library.hooks.call']": (HookFunction("call", "library.hooks"),),
    "[]": (),
}


@pytest.mark.parametrize("functions", CALLED)
def test_functions_are_known_by_name_and_module(functions: str) -> None:
    flow, found = decorated(f"@exit_hook(on_success={functions}, on_error=[plain])", FUNCTIONS)

    assert found == []
    (hook,) = flow.exit_hooks
    assert hook.on_success == CALLED[functions]
    assert hook.on_error == (HookFunction("plain"),)


def test_each_decorator_is_a_hook() -> None:
    above = "@exit_hook(on_success=[plain], options={'image': 'a:1'})\n@exit_hook(on_error=[plain])"
    flow, found = decorated(above, FUNCTIONS)

    assert found == []
    assert [(len(each.on_success), len(each.on_error)) for each in flow.exit_hooks] == [
        (1, 0),
        (0, 1),
    ]
    assert [each.image for each in flow.exit_hooks] == ["a:1", ""]


def test_texts_of_a_decorator_in_a_variable_are_read() -> None:
    held = f"{FUNCTIONS}\nhooks = exit_hook(on_success=['plain', 'library.hooks.call'])"
    flow, found = decorated("@hooks", held)

    assert found == []
    (hook,) = flow.exit_hooks
    assert hook.on_success == (HookFunction("plain"), HookFunction("call", "library.hooks"))


WRONG = {
    "": ["FC342"],
    "on_success=[], on_error=()": ["FC342"],
    "on_success=plain": ["FC301"],
    "on_success='plain'": ["FC301"],
    "on_success=3": ["FC301"],
    "on_success=make()": ["FC401"],
    "on_success=[3]": ["FC343"],
    "on_success=[plain, make()]": ["FC343"],
    "on_success=[lambda: 3]": ["FC343"],
    "on_success=[later]": ["FC343"],
    "on_success=[Hook]": ["FC343"],
    "on_success=[Hook.method]": ["FC343"],
    "on_success=[of_path]": ["FC343"],
    "on_success=['of_path']": ["FC343"],
    "on_success=['later']": ["FC343"],
    "on_success=['Hook']": ["FC343"],
    "on_success=[of_key]": ["FC343"],
    "on_success=[of_position]": ["FC343"],
    "on_success=[beside]": ["FC343"],
    "on_success=[siblings.call]": ["FC343"],
    "on_success=['nothing']": ["FC343"],
    "on_success=[nothing]": ["FC343"],
    "on_success=['a b']": ["FC343"],
    "on_error=[plain], options={'cpu': 3}": ["FC340"],
    "on_error=[plain], options={'image': 3}": ["FC301"],
    "on_error=[plain], options=3": ["FC301"],
    "on_error=[plain], on_failure=[plain]": ["FC302"],
}


@pytest.mark.parametrize("arguments", WRONG)
def test_what_is_wrong_is_told(arguments: str) -> None:
    assert codes(f"@exit_hook({arguments})", FUNCTIONS) == WRONG[arguments]


FLOW = """
from metaflow import FlowSpec, exit_hook, step
from hooks import known, needy
import base


@exit_hook(on_success=[{function}])
class DerivedFlow({base}):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
BASE = """
from metaflow import FlowSpec, exit_hook
from hooks import known

def beside(): ...

@exit_hook(on_error=[beside, known])
class Base(FlowSpec):
    pass
"""


def written(folder: Path, function: str = "known", base: str = "FlowSpec") -> str:
    (folder / "hooks.py").write_text("def known(run): ...\ndef needy(path): ...\n")
    (folder / "base.py").write_text(BASE)
    (folder / "flow.py").write_text(FLOW.format(function=function, base=base))
    return str(folder / "flow.py")


@pytest.mark.parametrize(
    ("function", "code"),
    [
        ("known", None),
        ("'hooks.known'", None),
        ("needy", "FC343"),
        ("'hooks.needy'", "FC343"),
        ("'hooks.unknown'", "FC343"),
    ],
)
def test_functions_of_other_files_are_looked_at(
    tmp_path: Path, function: str, code: str | None
) -> None:
    found = read_flow(written(tmp_path, function)).diagnostics

    assert [each.code for each in found] == ([code] if code else [])


def test_a_hook_of_a_base_comes_from_the_module_of_the_base(tmp_path: Path) -> None:
    path = Path(written(tmp_path, base="base.Base"))
    path.write_text(path.read_text().replace("@exit_hook(on_success=[known])\n", ""))

    flow = read_flow(str(path)).flow

    assert flow
    (hook,) = flow.exit_hooks
    assert hook.on_error == (HookFunction("beside", "base"), HookFunction("known", "hooks"))
    assert hook.span.path == str(tmp_path / "base.py")
