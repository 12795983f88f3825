"""Parameters: read from the command line by the first task, and by all others from the store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtime.conftest import Project

READS = """
p = {}

@step
def start(self):
    self.next(self.end)

@step
def end(self):
    self.seen = self.p
"""


def value(project: Project, declared: str, *words: str) -> object:
    project.linear(READS.format(declared), "start", "end")
    project.run(*words)
    assert project.artifact("p", "_parameters") == project.artifact("seen", "end")
    return project.artifact("p", "end")


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ("Parameter('p')", "1", "1"),
        ("Parameter('p', type=int)", "1", 1),
        ("Parameter('p', default=0.5)", "1", 1.0),
        ("Parameter('p', type=bool)", "yes", True),
        ("Parameter('p', default=True)", "false", False),
        ("Parameter('p', type=JSONType)", '{"a": [1]}', {"a": [1]}),
        ("Parameter('p', default=[1])", "[2]", [2]),
        ("Parameter('p', separator=',')", "a,b", ["a", "b"]),
        ("Parameter('p', required=True)", "", ""),
        ("Parameter('p', default=lambda context: 3, type=int)", "4", 4),
    ],
)
def test_a_text_becomes_a_value(
    project: Project, declared: str, text: str, expected: object
) -> None:
    found = value(project, declared, "--param", f"p={text}")

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("Parameter('p')", None),
        ("Parameter('p', default=1, type=float)", 1.0),
        ("Parameter('p', default='2', type=int)", 2),
        ("Parameter('p', default=5, type=str)", "5"),
        ("Parameter('p', default=0, type=bool)", False),
        ("Parameter('p', default='{\"a\": 1}', type=JSONType)", {"a": 1}),
        ("Parameter('p', default={'a': 1})", {"a": 1}),
        ("Parameter('p', default='a,b', separator=',')", ["a", "b"]),
        ("Parameter('p', default=lambda context: context.parameter_name)", "p"),
        ("Parameter('p', default=lambda context: context.flow_name, help='h')", "F"),
    ],
)
def test_a_default_stands_in(project: Project, declared: str, expected: object) -> None:
    found = value(project, declared, "--param-if-set", "p=")

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("declared", "words", "message"),
    [
        ("Parameter('p', type=int)", ["--param", "p=x"], "takes an integer, but `x` was given"),
        ("Parameter('p', type=float)", ["--param=p=x"], "takes a number, but `x` was given"),
        ("Parameter('p', type=bool)", ["--param", "p=2"], "takes true or false, but `2` was given"),
        ("Parameter('p', type=JSONType)", ["--param", "p={"], "takes JSON, but `{` was given"),
        ("Parameter('p', required=True)", [], "parameter `p` is required, but was not given"),
        ("Parameter('p', default=0.5, type=int)", [], "takes an integer, but `0.5` was given"),
        (
            "Parameter('p', default=lambda c: 'x', type=float)",
            [],
            "takes a number, but `x` was given",
        ),
        ("Parameter('p')", ["--param", "q=1"], "flow `F` has no parameter `q`; it has: p"),
        (
            "IncludeFile('p')",
            ["--param", "p=no"],
            "takes the path of a readable file, but `no` was given (No such file or directory)",
        ),
        (
            "IncludeFile('p', parser='os.no')",
            ["--param", "p=flow.py"],
            "there is no parser `os.no`: module 'os' has no attribute 'no'",
        ),
        (
            "IncludeFile('p', parser='no.such.function', default=lambda c: 'flow.py')",
            [],
            "there is no parser `no.such.function`: No module named 'no'",
        ),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(
    project: Project, declared: str, words: list[str], message: str
) -> None:
    project.linear(READS.format(declared), "start", "end")

    done = project.step("start", "t", *words)

    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert done.stderr.endswith(f"{message}\n")


def test_the_name_may_differ_from_the_attribute(project: Project) -> None:
    assert (
        value(project, "Parameter('learning-rate', type=float)", "--param", "learning-rate=2") == 2
    )


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("IncludeFile('p')", "grün"),
        ("IncludeFile('p', is_text=False)", "grün".encode()),
        ("IncludeFile('p', encoding='latin-1')", "grÃ¼n"),
        ("IncludeFile('p', parser=len)", 4),
        ("IncludeFile('p', parser='os.path.basename')", "grün"),
        ("IncludeFile('p', default=lambda context: 'no')", "grün"),
        ("IncludeFile('p', default='no')", "grün"),
    ],
)
def test_a_file_is_included(project: Project, declared: str, expected: object) -> None:
    (project.folder / "p.txt").write_bytes("grün".encode())

    assert value(project, declared, "--param", "p=p.txt") == expected


def test_a_default_file_is_looked_for_beside_the_flow(project: Project) -> None:
    project.linear(READS.format("IncludeFile('p', default='p.txt')"), "start", "end")
    inner = project.folder / "inner"
    inner.mkdir()
    (inner / "p.txt").write_text("beside")
    (project.folder / "flow.py").rename(inner / "flow.py")

    done = project.step("start", "t", "--source", "inner")

    assert done.returncode == 0, done.stderr
    assert project.artifact("p", "_parameters") == "beside"


@pytest.mark.parametrize("name", ["p", "CONSTANT", "NOTHING"])
def test_flow_level_attributes_are_not_modifiable(project: Project, name: str) -> None:
    source = "p = Parameter('p')\nCONSTANT = 1\nNOTHING = None\n"
    project.linear(f"{source}@step\ndef start(self):\n    self.{name} = 1\n", "start")

    done = project.step("start")

    assert done.returncode == 1
    assert "AttributeError: Flow level attributes and Parameters are not modifiable" in done.stderr


def test_joins_and_inputs_read_parameters(project: Project) -> None:
    project.write(
        """
        p = Parameter("p", default=1)

        @step
        def start(self):
            self.xs = [1]
            self.next(self.fit, foreach="xs")

        @step
        def fit(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            self.merge_artifacts(inputs)
            self.seen = (self.p, inputs[0].p)
        """,
        {
            "start": {"kind": "foreach", "next": ["fit"], "artifact": "xs"},
            "fit": {"kind": "linear", "next": ["join"]},
            "join": {"kind": "end", "join": True},
        },
        [{"task": "start"}, {"foreach": "start", "body": [{"task": "fit"}]}, {"task": "join"}],
    )

    project.run("--param", "p=5")

    assert project.artifact("seen", "join") == (5, 5)
    assert project.artifact("p", "join") == 5


def test_a_first_task_tried_again_writes_the_parameters_again(project: Project) -> None:
    source = "p = Parameter('p', type=int)\n@step\ndef start(self): 1 / (self.p - 1)\n"
    project.linear(source, "start")

    first = project.step("start", "t", "--param", "p=1")
    second = project.step("start", "t", "--param", "p=2", attempt=1)

    assert (first.returncode, second.returncode) == (1, 0)
    assert project.artifact("p", "_parameters") == 2


CONSTANTS = """
p = Parameter("p", default=1)
WIDTH = 5
sizes = (1, 2)
_private = 3

def helper(self): ...

@step
def start(self):
    self.next(self.end)

@step
def end(self):
    self.seen = self.WIDTH, self.sizes
"""


def test_constants_of_the_class_are_kept_with_the_parameters(project: Project) -> None:
    project.linear(CONSTANTS, "start", "end")

    project.run()

    for step in ("_parameters", "start", "end"):
        assert [project.artifact(name, step) for name in ("WIDTH", "sizes", "p")] == [5, (1, 2), 1]
    assert project.artifact("seen", "end") == (5, (1, 2))
    names = json.loads((project.store / "F/1/_parameters/t/0.data.json").read_text())["objects"]
    assert set(names) == {"WIDTH", "sizes", "p", "_graph_info", "_success", "_task_ok"}


def test_a_constant_that_cannot_be_kept_is_named(project: Project) -> None:
    source = CONSTANTS.replace("WIDTH = 5", "WIDTH = (each for each in ())")
    project.linear(source, "start", "end")

    done = project.step("start", "t")

    assert done.returncode != 0
    assert "WIDTH" in done.stderr
    assert "generator" in done.stderr
