"""However large or deep a file is, flowc ends soon and says what is wrong.

Each file is read in a process of its own, so that a crash of it would be seen.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAD = "from flowc import FlowSpec, step\n\n\nclass TestFlow(FlowSpec):\n    @step\n"
TAIL = "        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n"
N = 10_000
WITH_PARAMETER = (
    "FlowSpec, step\n\n\nclass TestFlow(FlowSpec):\n",
    "FlowSpec, Parameter, step\n\n\nclass TestFlow(FlowSpec):\n    p = Parameter('p')\n",
)


def within_step(statement: str) -> str:
    return f"{HEAD}    def start(self):\n        {statement}\n{TAIL}"


def nested(line: str, depth: int) -> str:
    return "".join(f"{' ' * level}{line}\n" for level in range(depth)) + f"{' ' * depth}pass\n"


TOO_DEEP = {
    "brackets": within_step(f"x = {'[' * N}{']' * N}"),
    "unclosed brackets": within_step(f"x = {'(' * N}"),
    "dictionaries": within_step(f"x = {'{1:' * N}1{'}' * N}"),
    "sums": within_step(f"x = {'1 + ' * 2 * N}1"),
    "sums over lines": within_step("x = (" + "1 +\n" * 2 * N + "1)"),
    "sums over continued lines": within_step("x = " + "1 + \\\n" * 2 * N + "1"),
    "nots": within_step(f"x = {'not ' * N}1"),
    "signs": within_step(f"x = {'-~' * N}1"),
    "lambdas": within_step(f"x = {'lambda: ' * N}1"),
    "lambdas with arguments": within_step(f"x = {'lambda a, *b: ' * N}1"),
    "attributes": within_step(f"x = self{'.a' * N}"),
    "attributes of a decorator": f"{HEAD}    @a{'.a' * N}\n    def start(self):\n{TAIL}",
    "targets": within_step(f"self.next(self{'.a' * N})"),
    "calls": within_step(f"x = f{'(1, 2)' * N}"),
    "slices": within_step(f"x = f{'[1:2]' * N}"),
    "conditions": within_step(f"x = {'1 if 1 else ' * N}1"),
    "imports": f"import a{'.a' * N}\n",
}
NOT_PYTHON = {
    "functions": nested("def f():", 300),
    "classes": nested("class F:", 300),
    "an unclosed string": "'" + "\\'" * 300_000,
    "an unclosed long string": "'''" + "\"'\\" * 60_000,
    "backslashes": "\\" * 100_000,
    "words": "x " * 100_000,
}
FINE = {
    "elifs": within_step("if 1: pass\n" + "        elif 1: pass\n" * N),
    "comparisons": within_step(f"x = {'1 == ' * N}1"),
    "strings": within_step("x = " + "'a' " * 2_000),
    "semicolons": within_step("pass;" * N),
    "a long list": within_step(f"x = [{'1.5, ' * N}]"),
    "a huge number": within_step(f"x = {'9' * N}"),
    "a huge default": within_step("pass").replace(
        "    @step\n", f"    p = Parameter('p', default=0x{'f' * N})\n    @step\n", 1
    ),
    "a parameter read often": within_step(f"x = [{'self.p, ' * N}]").replace(*WITH_PARAMETER),
    "assignments to others": within_step("x = a.p, b.p = 1, 2; " * (N // 5)).replace(
        *WITH_PARAMETER
    ),
    "a long name": within_step("a" * 1_000_000),
    "a hundred thousand lines": within_step("pass\n" + "        # self.next(self.end)\n" * 100_000),
    "a string of a hundred thousand lines": within_step(
        "'''" + "def start(self):\n" * 100_000 + "'''"
    ),
}

READ = """
import sys
from flowc.driver import read_flow

reading = read_flow(sys.argv[1])
print(*sorted({found.code for found in reading.diagnostics}))
"""


def codes(folder: Path, text: str) -> str:
    file = folder / "flow.py"
    file.write_text(text)
    command = [sys.executable, "-c", READ, str(file)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert answer.returncode == 0, answer.stderr[-500:]
    assert answer.stderr == ""
    return answer.stdout.strip()


@pytest.mark.parametrize("name", TOO_DEEP)
def test_what_is_too_deep_is_told_before_it_is_parsed(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, TOO_DEEP[name]) == "FC006"


@pytest.mark.parametrize("name", NOT_PYTHON)
def test_what_python_refuses_is_refused(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, NOT_PYTHON[name]) == "FC002"


@pytest.mark.parametrize("name", FINE)
def test_what_is_merely_long_is_read(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, FINE[name]) == ""
