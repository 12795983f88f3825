"""A flow has what Python's classes would give it, wherever they are written."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.diagnostics import Diagnostic
from flowc.driver import read_flow, structure
from flowc.ir.flow import Flow
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

MEMBERS = {
    "step": "    @step\n    def {name}(self):\n        pass\n",
    "method": "    def {name}(self):\n        pass\n",
    "constant": "    {name} = 1\n",
    "parameter": "    {name} = Parameter('{owner}')\n",
}
HEAD = "from flowc import FlowSpec, Parameter, step\n"
NAMES = ("start", "middle", "end")


@dataclass(frozen=True)
class Hierarchy:
    """Classes with their bases and members, each class after those that it derives from."""

    bases: tuple[tuple[str, ...], ...]
    members: tuple[dict[str, str], ...]

    def classes(self) -> list[str]:
        return [
            f"class C{number}({', '.join(bases)}):\n    pass\n"
            + "".join(
                MEMBERS[kind].format(name=name, owner=f"C{number}")
                for name, kind in self.members[number].items()
            )
            for number, bases in enumerate(self.bases)
        ]

    def source(self) -> str:
        return "\n\n".join([HEAD, *self.classes()])

    @property
    def last(self) -> str:
        return f"C{len(self.bases) - 1}"


@st.composite
def hierarchies(draw: st.DrawFn) -> Hierarchy:
    count = draw(st.integers(1, 5))
    bases, members = [], []
    for number in range(count):
        above = [f"C{before}" for before in range(number)] + ["FlowSpec"]
        bases.append(tuple(draw(st.lists(st.sampled_from(above), unique=True, max_size=3))))
        kinds = st.sampled_from(sorted(MEMBERS))
        members.append(draw(st.dictionaries(st.sampled_from(NAMES), kinds, max_size=3)))
    bases[-1] = bases[-1] or ("FlowSpec",)
    return Hierarchy(tuple(bases), tuple(members))


def owners(hierarchy: Hierarchy) -> dict[str, tuple[str, str]] | None:
    """For each name the class that Python finds it in, and its kind; None if there is no flow."""
    names: dict[str, type] = {}
    exec(HEAD, names)
    for text in hierarchy.classes():
        # Bases without a common order make no class, nor do those that derive from it.
        with contextlib.suppress(TypeError, NameError):
            exec(text, names)
    last = names.get(hierarchy.last, object)
    order = [cls.__name__ for cls in last.__mro__]
    if "FlowSpec" not in order:
        return None
    found: dict[str, tuple[str, str]] = {}
    for owner in order:
        if owner.startswith("C"):
            for name, kind in hierarchy.members[int(owner[1:])].items():
                found.setdefault(name, (owner, kind))
    return found


@settings(max_examples=400, deadline=None)
@given(hierarchies())
def test_steps_and_parameters_come_from_where_python_finds_them(hierarchy: Hierarchy) -> None:
    source = hierarchy.source()
    expected = owners(hierarchy)

    flow, diagnostics = parse_flow(Source("flow.py", source), hierarchy.last)

    if expected is None:
        assert flow is None or "FC007" in {each.code for each in diagnostics}
        return
    assert flow is not None
    lines = source.split("\n")
    steps = {name: class_at(lines, step.span.line) for name, step in flow.steps.items()}
    parameters = {each.attribute: each.name for each in flow.parameters}
    assert steps == {name: owner for name, (owner, kind) in expected.items() if kind == "step"}
    assert parameters == {
        name: owner for name, (owner, kind) in expected.items() if kind == "parameter"
    }


def class_at(lines: list[str], line: int) -> str:
    above = [text for text in lines[:line] if text.startswith("class ")]
    return above[-1].removeprefix("class ").partition("(")[0]


BASE = """
from metaflow import FlowSpec, Parameter, retry, schedule, step


class Mixin:
    beta = Parameter("beta", default=2)

    @retry(times=4)
    @step
    def middle(self):
        self.next(self.end)


@schedule(daily=True)
class Base(FlowSpec):
    SIZE = 3
    alpha = Parameter("alpha", default=SIZE)

    @step
    def start(self):
        self.next(self.middle)

    @step
    def middle(self):
        print("a flow that derives from this one says what happens here")

    @step
    def end(self):
        pass
"""
DERIVED = """
from metaflow import project, step
{imports}


@project(name="own")
class Derived({bases}):
    {body}
"""


def derive(
    folder: Path, imports: str, bases: str, body: str = "pass"
) -> tuple[Flow | None, list[Diagnostic]]:
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").write_text("from .base import *\n")
    (folder / "pkg" / "base.py").write_text(BASE)
    (folder / "base.py").write_text(BASE)
    (folder / "flow.py").write_text(DERIVED.format(imports=imports, bases=bases, body=body))
    found = read_flow(str(folder / "flow.py"))
    return found.flow, [each for each in found.diagnostics if each.severity == "error"]


@pytest.mark.parametrize(
    ("imports", "bases"),
    [
        ("from base import Base, Mixin", "Mixin, Base"),
        ("import base", "base.Mixin, base.Base"),
        ("import base as b\nfrom base import Mixin as M", "M, b.Base"),
        ("from pkg import Base, Mixin", "Mixin, Base"),
        ("import pkg.base", "pkg.base.Mixin, pkg.base.Base"),
        ("from base import *", "Mixin, Base"),
        ("from abc import ABC\nfrom base import Base, Mixin", "Mixin, Base, ABC"),
        (
            "from typing import Generic, TypeVar\nfrom base import Base, Mixin\nT = TypeVar('T')",
            "Mixin, Base, Generic[T]",
        ),
    ],
)
def test_bases_are_found_however_they_are_imported(
    tmp_path: Path, imports: str, bases: str
) -> None:
    flow, errors = derive(tmp_path, imports, bases)

    assert errors == []
    assert flow is not None
    assert set(flow.steps) == {"start", "middle", "end"}
    assert flow.steps["middle"].policy.retries == 4
    assert {each.name: each.default for each in flow.parameters} == {"alpha": 3, "beta": 2}
    assert [each.name for each in flow.decorators] == ["project", "schedule"]
    assert flow.decorators[0].arguments == {"name": "own"}


def test_spans_and_files_are_those_where_a_step_is_written(tmp_path: Path) -> None:
    body = "@step\n    def middle(self):\n        self.next(self.end)"
    flow, errors = derive(tmp_path, "from pkg.base import Base", "Base", body)

    assert errors == []
    assert flow is not None
    written = {name: (step.file, step.span.path) for name, step in flow.steps.items()}
    there, here = str(tmp_path / "pkg/base.py"), str(tmp_path / "flow.py")
    assert written == {
        "start": ("pkg/base.py", there),
        "middle": ("", here),
        "end": ("pkg/base.py", there),
    }


def test_what_is_wrong_with_an_overridden_step_is_not_told(tmp_path: Path) -> None:
    flow, errors = derive(tmp_path, "from base import Base", "Base")

    assert flow is None
    assert [(each.code, each.span.path) for each in errors] == [
        ("FC107", str(tmp_path / "base.py"))
    ]


@pytest.mark.parametrize(
    ("imports", "bases"),
    [
        ("from elsewhere import Base", "Base"),
        ("from base import Base, Nothing", "Nothing, Base"),
        ("from base import Base\nfrom elsewhere import Mixin", "Mixin, Base"),
        ("from base import Base\nMixin = make()", "Mixin, Base"),
    ],
)
def test_bases_that_cannot_be_found_are_told(tmp_path: Path, imports: str, bases: str) -> None:
    body = "@step\n    def middle(self):\n        self.next(self.end)"
    flow, errors = derive(tmp_path, imports, bases, body)

    assert flow is None
    assert [each.code for each in errors] == ["FC007"]
    assert f"the base `{bases.partition(',')[0]}`" in errors[0].message


TWO = """
from flowc import FlowSpec, step


class Base(FlowSpec):
    @step
    def start(self):
        self.next(self.end)


class Derived(Base):
    @step
    def end(self):
        pass
{more}
"""
OTHER = "\n\nclass Other(FlowSpec):\n    @step\n    def start(self):\n        pass\n"


@pytest.mark.parametrize(
    ("more", "wanted", "chosen"),
    [
        ("", "", "Derived"),
        ("\nDerived()", "", "Derived"),
        ("\nif __name__ == '__main__':\n    Base()", "", "Base"),
        ("", "Base", "Base"),
        ("\nif __name__ == '__main__':\n    Derived()", "Base", "Base"),
        (OTHER + "\nif __name__ == '__main__':\n    Other()", "", "Other"),
        (OTHER, "", None),
        (OTHER + "\nOther()\nDerived()", "", None),
    ],
)
def test_the_flow_is_the_one_that_is_meant(more: str, wanted: str, chosen: str | None) -> None:
    flow, _ = parse_flow(Source("flow.py", TWO.format(more=more)), wanted)

    assert (flow and flow.name) == chosen


DECORATED = """
from metaflow import *

def alert(): ...

@exit_hook(on_error=["alert"])
@exit_hook(on_success=["alert"])
@project(name="base")
class Base(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass

class Between(Base):
    pass

{decorator}
class Derived({bases}):
    pass
"""


def decorated(decorator: str, bases: str = "Between") -> tuple[Flow | None, list[str]]:
    source = DECORATED.format(decorator=decorator, bases=bases)
    flow, found = structure(Source("flow.py", source), "Derived")
    return flow, [each.code for each in found]


def test_decorators_are_inherited() -> None:
    flow, codes = decorated("@schedule")

    assert codes == []
    assert flow
    names = [decorator.name for decorator in flow.decorators]
    assert names == ["schedule", "exit_hook", "exit_hook", "project"]


def test_what_may_stand_once_may_not_be_inherited_besides() -> None:
    assert decorated("@project(name='own')") == (None, ["FC313"])


def test_own_hooks_replace_inherited_ones_with_a_warning() -> None:
    flow, codes = decorated("@exit_hook(on_error=[alert])")

    assert flow
    assert codes == ["FC345", "FC345"]
    assert len(flow.exit_hooks) == 1
    assert flow.exit_hooks[0].on_error
    assert flow.project


def test_a_mixin_carries_no_decorators_of_flows() -> None:
    mixin = "@schedule\nclass Mixin:\n    pass\n"

    assert decorated(mixin, "Mixin, Between") == (None, ["FC330"])
    assert decorated("@retry(times=1)") == (None, ["FC330"])
