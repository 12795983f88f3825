"""Names that mean what one statement says, in the flow's file or another of its source roots."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from flowc.driver import Reading, read_flow
from flowc.ir.flow import Unknown, Value

FLOW = """
from metaflow import FlowSpec, Parameter, step
{before}

class TestFlow(FlowSpec):
{inside}
    p = Parameter("p", default={expression})

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
{after}
"""

Files = Mapping[str, str]


def write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def reading(
    folder: Path, expression: str, before: str = "", after: str = "", inside: str = ""
) -> Reading:
    text = FLOW.format(before=before, expression=expression, after=after, inside=inside)
    write(folder, {"flow.py": text})
    return read_flow(str(folder / "flow.py"))


def value(
    folder: Path, expression: str, before: str = "", after: str = "", inside: str = ""
) -> Value:
    found = reading(folder, expression, before, after, inside)
    assert found.flow is not None, found.diagnostics
    return found.flow.parameters[0].default


FILES: Files = {
    "constants.py": "ALPHA = 0.5\nBETA = ALPHA * 2\n_HIDDEN = 1\nTABLE = {'a': 1}\n",
    "chosen.py": "__all__ = ['A', '_B']\nA = 1\n_B = 2\nC = 3\n",
    "passing.py": "from constants import *\nfrom constants import ALPHA as FIRST\n",
    "pkg/__init__.py": "from .settings import SIZE\nfrom . import settings\nOWN = 1\n",
    "pkg/settings.py": "from ..nowhere import X\nSIZE = 4\n",
    "pkg/deep/__init__.py": "",
    "pkg/deep/more.py": "from ..settings import SIZE\nfrom .. import OWN\nTWICE = SIZE * 2\n",
    "bare/inner.py": "X = 6\n",
    "cycle_a.py": "from cycle_b import B\nA = 1\nBOTH = A + B\n",
    "cycle_b.py": "from cycle_a import A\nB = 2\nC = A\n",
    "endless_a.py": "from endless_b import X\n",
    "endless_b.py": "from endless_a import X\n",
    "broken.py": "X = 1\ndef (:\n",
    "outside_user.py": "from elsewhere import X, Y\nfrom os import sep as S\n",
    "json.py": "X = 1\n",
}

KNOWN: dict[str, tuple[str, Value]] = {
    "from constants import ALPHA": ("ALPHA", 0.5),
    "from constants import BETA as B": ("B", 1.0),
    "import constants": ("constants.BETA", 1.0),
    "import constants as c": ("c.TABLE['a']", 1),
    "from constants import *": ("BETA", 1.0),
    "from chosen import *": ("A + _B", 3),
    "from passing import BETA": ("BETA", 1.0),
    "from passing import FIRST": ("FIRST", 0.5),
    "from passing import *": ("FIRST + BETA", 1.5),
    "import pkg": ("pkg.SIZE + pkg.OWN", 5),
    "import pkg.settings": ("pkg.settings.SIZE", 4),
    "import pkg.settings as s": ("s.SIZE", 4),
    "from pkg import settings": ("settings.SIZE", 4),
    "from pkg.deep.more import TWICE, SIZE, OWN": ("TWICE + SIZE + OWN", 13),
    "from bare.inner import X": ("X", 6),
    "from cycle_a import BOTH": ("BOTH", 3),
    "from cycle_b import C": ("C", 1),
}


@pytest.mark.parametrize("statement", KNOWN)
def test_names_of_other_files_are_known(tmp_path: Path, statement: str) -> None:
    write(tmp_path, FILES)
    expression, expected = KNOWN[statement]

    assert value(tmp_path, expression, statement) == expected


UNKNOWN = {
    "from constants import NOPE": "NOPE",
    "from constants import *": "_HIDDEN",
    "from chosen import *": "C",
    "import constants": "constants.NOPE",
    "from elsewhere import X": "X",
    "from .constants import ALPHA": "ALPHA",
    "from endless_a import X": "X",
    "from broken import X": "X",
    "from outside_user import X": "X",
    "from outside_user import S": "S",
    "from json import X": "X",
    "from constants import ALPHA\nfrom elsewhere import *": "ALPHA",
    "from constants import ALPHA\nfrom chosen import A as ALPHA": "ALPHA",
    "from elsewhere import *": "len('a')",
    "import constants\nconstants.ALPHA = 2": "constants.ALPHA",
    "import constants\nfrom constants import ALPHA\nconstants.ALPHA = 2": "ALPHA",
    "import constants\nsetattr(constants, 'ALPHA', 3)": "constants.ALPHA",
    "from constants import TABLE\nTABLE['a'] = 2": "TABLE",
    "from constants import TABLE\nTABLE.update(a=2)": "TABLE['a']",
    "import constants as c\nc.TABLE['a'] = 2": "c.TABLE",
    "import constants as c\nc.TABLE.clear()": "c.TABLE['a']",
    "if input():\n    from constants import ALPHA": "ALPHA",
    "import importlib\nc = importlib.import_module('constants')": "c.ALPHA",
}


@pytest.mark.parametrize("statement", UNKNOWN)
def test_names_that_are_uncertain_are_unknown(tmp_path: Path, statement: str) -> None:
    write(tmp_path, FILES)

    assert isinstance(value(tmp_path, UNKNOWN[statement], statement), Unknown)


AS_WRITTEN = {
    "X = 1": 1,
    "X: int = 1": 1,
    "X = Y = 1": 1,
    "(X, Y) = 1, 2": 1,
    "if True:\n    X = 1\nelse:\n    X = 2": 1,
    "DEBUG = 0\nif DEBUG:\n    X = 2\nelif not DEBUG:\n    X = 1\nelse:\n    X = 3": 1,
    "if input():\n    X = 1\nelse:\n    X = 1": 1,
    "def f():\n    X = 2\nX = 1": 1,
    "class C:\n    X = 2\nX = 1": 1,
    "X = 1\ndef f(X):\n    return [X for X in X]": 1,
    "X = 1\n\ndef f():\n    print(X)": 1,
}


@pytest.mark.parametrize("before", AS_WRITTEN)
def test_names_with_one_value_have_it(tmp_path: Path, before: str) -> None:
    assert value(tmp_path, "X", before) == AS_WRITTEN[before]


REBOUND = [
    "X = 1\nX = 1 + 1",
    "X = 1\nX += 1",
    "X = 1\nfor X in []:\n    pass",
    "X = 1\nwhile input():\n    X = 2",
    "X = 1\nif input():\n    X = 2",
    "if input():\n    X = 1",
    "if input():\n    X = 1\nelse:\n    X = 2",
    "if input():\n    X = 1\nelse:\n    X = 1.0",
    "if True:\n    X = 1\n    X = 2\nelse:\n    X = 3",
    "if True:\n    X = 1\n    for X in [2]:\n        pass\nelse:\n    X = 3",
    "try:\n    X = 1\nexcept ValueError:\n    X = 2",
    "try:\n    X = 1\nfinally:\n    pass",
    "X = 1\ndef change():\n    global X\n    X = 2",
    "X = 1\nclass C:\n    global X\n    X = 2",
    "X = 1\ndel X",
    "X = 1\ndef X():\n    pass",
    "X = 1\nclass X:\n    pass",
    "X = 1\nimport os as X",
    "X = 1\nfrom os import sep as X",
    "X = 1\nY = (X := 2)",
    "X = 1\nY = [X := n for n in [2]]",
    "X = 1\ndef f(a=(X := 2)):\n    pass",
    "X = 1\nwith open('x') as X:\n    pass",
    "X = 1\ntry:\n    pass\nexcept ValueError as X:\n    pass",
    "X = 1\nmatch 2:\n    case X:\n        pass",
    "X = 1\nmatch [2]:\n    case [*X]:\n        pass",
    "X = 1\nmatch {}:\n    case {**X}:\n        pass",
    "X = 1\nX, Y = 2, 3",
    "X = 1\n[X, *Y] = [2]",
    "X, *Y = 1, 2",
    "X = 1\nfrom elsewhere import *",
    "X = 1\nglobals()['X'] = 2",
    "X = 1\nexec('X = 2')",
    "X = 1\ndef f():\n    globals().update(X=2)\nf()",
    "X = 1\nimport sys\nsys.modules[__name__].X = 2",
    "X = 1\nasync def X():\n    pass",
    "X = 1\ndef f(): pass\nf.__globals__['X'] = 2",
    "X = 1\nimport __main__\n__main__.X = 2",
    "import builtins\nbuiltins.len = abs\nX = len('a')",
    "class C:\n    Y = 1\n    @classmethod\n    def set(cls): cls.Y = 9\nC.set()\nX = C.Y",
    "X = X",
    "X = Y\nY = X",
    "X = Y + 1",
    "X: int",
]


@pytest.mark.parametrize("before", REBOUND)
def test_names_that_may_have_another_value_are_unknown(tmp_path: Path, before: str) -> None:
    assert isinstance(value(tmp_path, "X", before), Unknown)


CHANGED = [
    *("L.append(1)", "L[0] = 2", "del L[0]", "L += [1]", "L.sort()", "L[0:1] = []", "f(L)"),
    *("M = L\nM.append(1)", "M = [L]\nM[0].append(1)", "for m in [L]:\n    m.append(1)"),
    *("def f():\n    L.append(1)\nf()", "def f():\n    return L\nf().append(1)", "D = {'a': f(L)}"),
    *(
        "M, K = L, 1\nM[0] = 2",
        "(lambda: L.append(1))()",
        "M = L\nM.extend([1])",
        "M = L or []\nM += [2]",
    ),
    *(
        "class C:\n    L.append(1)",
        "[m.append(1) for m in [L]]",
        "from x import *",
        "g = L.append\ng(1)",
    ),
    *(
        "M = L if 1 else 2\nM.clear()",
        "M = (L,)\nM[0].append(2)",
        "x.y = L",
        "@f(L)\ndef g(): pass",
    ),
    *("class O:\n    a = L\nO.a.append(2)", "E() == L", "E() % L", "E()[L]", "e = E()\nL + e"),
    *("with f(L):\n    pass", "M = max(L, [])\nM.append(3)", "def f(a=L):\n    a.append(1)\nf()"),
]


@pytest.mark.parametrize("change", CHANGED)
def test_lists_that_some_code_may_change_are_unknown(tmp_path: Path, change: str) -> None:
    assert isinstance(value(tmp_path, "L", f"L = [1, [2]]\n{change}"), Unknown)


LOOKED_AT = [
    *("print(L)", "M = len(L)", "M = L[0]", "assert L", "if L:\n    pass", "M = [l for l in L]"),
    *("M = sorted(L)", "def f():\n    return len(L)", "M = L + [1]", "M = f'{L}'", "M = 1 in L"),
    *("M = ','.join(L)", "M = L.copy()", "M = ['c']\nK = L + M", "M = L == ['a']"),
]


@pytest.mark.parametrize("look", LOOKED_AT)
def test_lists_that_are_only_looked_at_are_known(tmp_path: Path, look: str) -> None:
    assert value(tmp_path, "L", f"L = ['a', 'b']\n{look}") == ("a", "b")


def test_what_steps_do_to_a_list_comes_too_late_to_matter(tmp_path: Path) -> None:
    before = "L = [1]\n\n\nclass Other:\n    @step\n    def other(self):\n        L.append(2)\n"

    assert value(tmp_path, "L", before) == (1,)


IN_CLASS: dict[tuple[str, str], Value] = {
    ("", "    X = 1"): 1,
    ("N = 2", "    X = N * 3"): 6,
    ("X = 1", "    Y = X"): 1,
}


@pytest.mark.parametrize(("before", "inside"), IN_CLASS)
def test_constants_of_the_class_are_known(tmp_path: Path, before: str, inside: str) -> None:
    assert value(tmp_path, "X", before, inside=inside) == IN_CLASS[before, inside] or before


@pytest.mark.parametrize(
    ("before", "inside", "expression"),
    [
        ("X = 1", "    X = 2", "X"),
        ("", "    X = 1\n    X = 2", "X"),
        ("", "    if True:\n        X = 1", "X"),
        ("", "    for X in [1]:\n        pass", "X"),
        ("", "    def X(self):\n        pass", "X"),
        ("", "    X = 1", "[X for _ in 'a']"),
        ("", "    len = 1", "len"),
        ("from elsewhere import *", "    X = 1", "X"),
    ],
)
def test_names_of_the_class_that_are_uncertain_are_unknown(
    tmp_path: Path, before: str, inside: str, expression: str
) -> None:
    assert isinstance(value(tmp_path, expression, before, inside=inside), Unknown)


def test_constants_of_plain_classes_are_known(tmp_path: Path) -> None:
    plain = "class C:\n    X = 1\n    Y = X + 1\n"

    assert value(tmp_path, "C.Y", plain) == 2
    assert isinstance(value(tmp_path, "C.Y", f"{plain}C.Y = 3\n"), Unknown)
    assert isinstance(
        value(tmp_path, "E.X", "from enum import Enum\nclass E(Enum):\n    X = 1"), Unknown
    )


def test_source_roots_come_from_the_nearest_pyproject(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[tool.flowc]\nother = 1\nsource-roots = ["lib", "more"]\n',
            "lib/shared.py": "X = 1\n",
            "more/shared.py": "X = 2\n",
            "more/second.py": "Y = 3\n",
            "flows/deep/own.py": "Z = 4\n",
        },
    )
    imports = "from shared import X\nfrom second import Y\nfrom own import Z"

    found = reading(tmp_path / "flows/deep", "(X, Y, Z)", imports)

    assert found.flow is not None
    assert found.flow.parameters[0].default == (1, 3, 4)
    assert str(tmp_path / "lib/shared.py") in found.lines


@pytest.mark.parametrize("text", ["[tool.flowc", "tool = 1", '[tool.flowc]\nsource-roots = "lib"'])
def test_an_odd_pyproject_names_no_roots(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"pyproject.toml": text, "lib/shared.py": "X = 1\n"})

    assert isinstance(value(tmp_path, "X", "from shared import X"), Unknown)


def test_a_broken_file_is_told_where_a_name_of_it_is_needed(tmp_path: Path) -> None:
    write(tmp_path, FILES)

    needed = reading(tmp_path, "X", "from broken import X")
    not_needed = reading(tmp_path, "1", "from broken import X")

    assert [(each.code, each.span.line) for each in needed.diagnostics] == [("FC009", 2)]
    assert needed.flow is not None
    assert not_needed.diagnostics == []


def test_files_are_read_only_if_a_name_of_them_is_needed(tmp_path: Path) -> None:
    """Whoever opens a pipe that nobody writes to waits for ever."""
    os.mkfifo(tmp_path / "waiting.py")
    os.mkfifo(tmp_path / "pyproject.toml")
    write(tmp_path, {"constants.py": "X = 1\n"})

    imports = "import waiting\nfrom waiting import *\nfrom constants import X as Y"

    assert list(reading(tmp_path, "1", imports).lines) == [str(tmp_path / "flow.py")]
    assert isinstance(value(tmp_path, "waiting.X", "import waiting"), Unknown)
    assert value(tmp_path, "X", "import waiting\nfrom constants import X") == 1


def test_no_code_of_other_files_runs(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    write(tmp_path, {"constants.py": f"open({str(trace)!r}, 'w')\nX = 1\n"})

    assert value(tmp_path, "X", "from constants import X") == 1
    assert not trace.exists()


def test_arguments_may_come_from_a_dictionary(tmp_path: Path) -> None:
    before = (
        "from metaflow import retry\nKEYS = {'default': 3, 'help': 'Three.'}\nTIMES = {'times': 4}"
    )
    inside = (
        "    q = Parameter('q', **KEYS)\n\n    @retry(**TIMES)\n    @step\n    def a(self): pass"
    )

    found = reading(tmp_path, "1", before, inside=inside)

    assert "FC007" not in {each.code for each in found.diagnostics}
    assert "FC308" not in {each.code for each in found.diagnostics}


@pytest.mark.parametrize("given", ["**KEYS", "*ALL", "**{'type': int}", "**{1: 2}"])
def test_arguments_from_what_is_not_known_are_told(tmp_path: Path, given: str) -> None:
    found = reading(
        tmp_path, f"1)\n    q = Parameter('q', {given}", "KEYS = dict(input())\nALL = [1]"
    )

    assert [each.code for each in found.diagnostics] == ["FC007"]
