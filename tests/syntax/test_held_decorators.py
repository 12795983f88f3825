"""Decorators that variables hold and functions put together."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.diagnostics import Severity
from flowc.driver import read_flow
from flowc.ir.flow import Decorator, Origin, Unknown

FLOW = """
from flowc import FlowSpec, catch, resources, retry, step, timeout
import flowc
{before}

class TestFlow(FlowSpec):
    {decorator}
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
{after}
"""

BESIDE = """
from metaflow import resources, retry as again

large = resources(memory=16)


def often(times=2):
    return again(times=times)


def odd(method):
    if method.__doc__:
        return resources(memory=1)(method)
    return method
"""


def read(
    folder: Path, decorator: str, before: str = "", after: str = ""
) -> tuple[tuple[Decorator, ...], list[str]]:
    (folder / "beside.py").write_text(BESIDE)
    file = folder / "flow.py"
    file.write_text(FLOW.format(before=before, decorator=decorator, after=after))
    found = read_flow(str(file))
    codes = [each.code for each in found.diagnostics if each.severity is Severity.ERROR]
    return (found.flow.steps["start"].decorators if found.flow else ()), codes


def shown(decorators: tuple[Decorator, ...]) -> list[tuple[str, dict[str, object]]]:
    return [(each.name, dict(each.arguments)) for each in decorators]


HELD = {
    "gpu = resources(gpu=1)": ("@gpu", [("resources", {"gpu": 1})]),
    "again = retry": ("@again(times=2)", [("retry", {"times": 2})]),
    "r = flowc.retry": ("@r", [("retry", {})]),
    "r = flowc.retry(times=2)": ("@r", [("retry", {"times": 2})]),
    "a, b = retry(times=1), 2": ("@a", [("retry", {"times": 1})]),
    "from beside import large": ("@large", [("resources", {"memory": 16})]),
    "import beside": ("@beside.large", [("resources", {"memory": 16})]),
    "from beside import *": ("@often(times=3)", [("retry", {"times": 3})]),
    "from beside import often as o": ("@o()", [("retry", {"times": 2})]),
    "from beside import again": ("@again(times=4)", [("retry", {"times": 4})]),
    "def heavy(f):\n    return resources(memory=9)(retry(times=3)(f))": (
        "@heavy",
        [("resources", {"memory": 9}), ("retry", {"times": 3})],
    ),
    "def n(n):\n    'Doc.'\n    return retry(times=n + 1)": ("@n(2)", [("retry", {"times": 3})]),
    "def n(n, *, m=1):\n    k = n * m\n    return retry(times=k)": (
        "@n(1, m=3)",
        [("retry", {"times": 3})],
    ),
    "def outer(n):\n    def inner(f):\n        return retry(times=n)(catch(f))\n    return inner": (
        "@outer(4)",
        [("retry", {"times": 4}), ("catch", {})],
    ),
    "BIG = False\ndef maybe(f):\n    return retry(f) if BIG else timeout(hours=1)(f)": (
        "@maybe",
        [("timeout", {"hours": 1})],
    ),
}


@pytest.mark.parametrize("before", HELD)
def test_decorators_are_seen_through_what_holds_them(tmp_path: Path, before: str) -> None:
    decorator, expected = HELD[before]

    decorators, errors = read(tmp_path, f"{decorator}\n    @step", before)

    assert (shown(decorators), errors) == (expected, [])


IN_THE_CLASS = {
    "gpu = resources(gpu=1)": ("resources", Origin.CORE, []),
    "def gpu(f):\n        return f": ("gpu", Origin.FUNCTION, []),
    "import functools\n    gpu = functools.cache": ("gpu", Origin.FUNCTION, []),
    "def gpu(f):\n        return resources(gpu=1)(f)": ("", Origin.CORE, ["FC405"]),
    "from elsewhere import gpu": ("gpu", Origin.UNSEEN, []),
}


@pytest.mark.parametrize("line", IN_THE_CLASS)
def test_decorators_may_stand_in_the_class(tmp_path: Path, line: str) -> None:
    name, origin, codes = IN_THE_CLASS[line]

    decorators, errors = read(tmp_path, f"{line}\n\n    @gpu\n    @step")

    assert errors == codes
    assert [(each.name, each.origin) for each in decorators] == [(name, origin)] * (not codes)


def test_a_function_may_make_a_step(tmp_path: Path) -> None:
    before = "def tried(f):\n    return retry(times=3)(step(f))"

    decorators, errors = read(tmp_path, "@tried", before)

    assert (shown(decorators), errors) == ([("retry", {"times": 3})], [])


def test_held_decorators_below_a_step_are_told(tmp_path: Path) -> None:
    assert read(tmp_path, "@step\n    @gpu", "gpu = resources(gpu=1)")[1] == ["FC309"]


def test_unknown_arguments_stay_unknown_where_the_decorator_is_used(tmp_path: Path) -> None:
    before = "report = flowc.card(id='a', options=size())"

    decorators, errors = read(tmp_path, "@report\n    @step", before)

    assert errors == []
    assert decorators[0].arguments["id"] == "a"
    options = decorators[0].arguments["options"]
    assert isinstance(options, Unknown)
    assert (options.text, options.span) == ("size()", decorators[0].span)


OWN = [
    "def own(f):\n    print(f)\n    return f",
    "def own(f):\n    return f",
    "class own:\n    pass",
    "import functools\nown = functools.cache",
    "own = print",
    "def own(*f):\n    return f[0]",
    "def own(f):\n    yield f",
    "import contextlib\n@contextlib.contextmanager\ndef own(f):\n    yield f",
    "own = lambda f: f",
    "from flowc import current\ndef own(f):\n    print(current.run_id)\n    return f",
    "from beside import again\ndef own(f):\n    large = f\n    return large",
]


@pytest.mark.parametrize("before", OWN)
def test_plain_functions_are_kept_by_their_name(tmp_path: Path, before: str) -> None:
    decorators, errors = read(tmp_path, "@own\n    @step", before)

    assert errors == []
    assert [(each.name, each.origin, each.core) for each in decorators] == [
        ("own", Origin.FUNCTION, "")
    ]


UNSEEN = [
    "from elsewhere import own",
    "from .elsewhere import own",
    "from elsewhere import *",
    "from elsewhere import made\n@made\ndef own(f):\n    return f",
    "from elsewhere import Base\nclass own(Base):\n    pass",
    "import elsewhere\nown = elsewhere.made(3)",
    "from beside import own",
    "async def own(f):\n    return f",
    "try:\n    from elsewhere import own\nexcept ImportError:\n    own = print",
    "",
]


@pytest.mark.parametrize("before", UNSEEN)
def test_decorators_without_a_source_are_unseen(tmp_path: Path, before: str) -> None:
    decorators, errors = read(tmp_path, "@own\n    @step", before)

    assert errors == []
    assert [(each.name, each.origin) for each in decorators] == [("own", Origin.UNSEEN)]


HIDING = [
    "gpu = resources(gpu=1) if input() else retry",
    "gpu = resources(gpu=1)\ngpu = resources(gpu=2)",
    "gpu = [resources(gpu=1)][0]",
    "def gpu(f):\n    print(f)\n    return resources(gpu=1)(f)",
    "def gpu(f):\n    if input():\n        return retry(f)\n    return f",
    "def made():\n    return retry(times=1)\n\ndef gpu(f):\n    x, y = 1, 2\n    return made()(f)",
    "def gpu(f):\n    x = retry\n    x = resources\n    return x(f)",
    "@flowc.retry\ndef gpu(f):\n    return f",
    "gpu = lambda f: retry(times=3)(f)",
    "@flowc.user_step_decorator\ndef u(*a):\n    yield\ndef gpu(f):\n    print(f)\n    return u(f)",
    "class M(flowc.StepMutator):\n    pass\ndef gpu(f):\n    print(f)\n    return M()(f)",
    "class gpu:\n    def __new__(cls, f):\n        return retry(f)",
]


@pytest.mark.parametrize("before", HIDING)
def test_decorators_that_may_be_hidden_are_told(tmp_path: Path, before: str) -> None:
    assert read(tmp_path, "@gpu\n    @step", before)[1] == ["FC405"]


@pytest.mark.parametrize("decorator", ["(lambda f: retry(f))", "[retry][0]", "own(input())"])
def test_what_expressions_hide_is_told(tmp_path: Path, decorator: str) -> None:
    before = "def own(n=2):\n    return retry if n else catch"

    assert read(tmp_path, f"@{decorator}\n    @step", before)[1] == ["FC405"]


@pytest.mark.parametrize("decorator", ["beside.odd", "beside.odd(2)", "odd", "inner.odd"])
def test_what_other_files_hide_is_told(tmp_path: Path, decorator: str) -> None:
    before = "import beside\nfrom beside import odd\nimport inner"
    (tmp_path / "inner.py").write_text("from beside import *")

    decorators, errors = read(tmp_path, f"@{decorator}\n    @step", before)

    assert errors == ["FC405"]
    assert decorators == ()


def test_names_of_a_method_hide_those_of_the_file(tmp_path: Path) -> None:
    first = "    def first(self):\n        {}\n        self.next(self.end, foreach=NAME)\n"
    body = f"@step\n{first}    @step"

    fine = read(tmp_path, body.format("self.xs = [1]"), "NAME = 'xs'")[1]
    hidden = read(tmp_path, body.format("NAME = 'ys'"), "NAME = 'xs'")[1]

    assert "FC108" not in fine
    assert "FC108" in hidden
