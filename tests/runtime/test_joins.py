"""Joins: what they see of their branches, and what `merge_artifacts` makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.conftest import Project

SPLIT = {
    "start": {"kind": "split", "next": ["a", "b"]},
    "a": {"kind": "linear", "next": ["join"]},
    "b": {"kind": "linear", "next": ["join"]},
    "join": {"kind": "end", "join": True},
}
SPLIT_BODY = [
    {"task": "start"},
    {"split": "start", "branches": [[{"task": "a"}], [{"task": "b"}]]},
    {"task": "join"},
]


def test_a_join_sees_its_branches_by_name(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.x = 0
            self.next(self.a, self.b)

        @step
        def a(self):
            self.x = 1
            self.next(self.join)

        @step
        def b(self):
            self.x = 2
            self.next(self.join)

        @step
        def join(self, inputs):
            self.seen = (inputs.a.x, inputs.b.x, [each.x for each in inputs], inputs[0].x)
            self.inherited = hasattr(self, "x")
            try:
                inputs.c
            except AttributeError as error:
                self.error = str(error)
        """,
        SPLIT,
        SPLIT_BODY,
    )

    project.run()

    assert project.artifact("seen", "join") == (1, 2, [1, 2], 1)
    assert not project.artifact("inherited", "join")
    assert project.artifact("error", "join") == "the inputs have no step `c`; they come from a, b"
    assert project.record("done", "join")["parents"] == [["a", "t"], ["b", "t"]]


MERGE = """
@step
def start(self):
    self.same, self.other = [1], "start"
    self.next(self.a, self.b)

@step
def a(self):
    self.of_a, self.other = "a", "a"
    self.next(self.join)

@step
def b(self):
    self.of_b, self.other = "b", "b"
    self.next(self.join)

@step
def join(self, inputs):
    {}
"""


def test_merge_takes_what_inputs_agree_on(project: Project) -> None:
    merge = "self.other = 'mine'; self.merge_artifacts(inputs); self.same.append(2)"
    project.write(MERGE.format(merge), SPLIT, SPLIT_BODY)

    project.run()

    found = {name: project.artifact(name, "join") for name in ("same", "other", "of_a", "of_b")}
    assert found == {"same": [1, 2], "other": "mine", "of_a": "a", "of_b": "b"}


def test_merge_excludes_and_includes(project: Project) -> None:
    merge = "self.merge_artifacts(inputs, {}); self.names = sorted(vars(self))"
    for words, expected in (
        ("exclude=['other', 'of_a']", {"of_b", "same"}),
        ("include=['same']", {"same"}),
    ):
        project.write(MERGE.format(merge.format(words)), SPLIT, SPLIT_BODY)
        project.run()
        names = {name for name in project.listing("join")["objects"] if name[0] != "_"}
        assert names == {*expected, "names"}


def test_merge_refuses_what_it_cannot_do(project: Project) -> None:
    for words, expected in (
        (
            "inputs",
            "cannot merge the following artifacts due to them having conflicting values: [other]",
        ),
        ("inputs, include=['no']", "[no] are not present in any input"),
        (
            "inputs, include=['same'], exclude=['other']",
            "are mutually exclusive in merge_artifacts",
        ),
    ):
        project.write(MERGE.format(f"self.merge_artifacts({words})"), SPLIT, SPLIT_BODY)
        for name in ("start", "a", "b"):
            project.step(name)
        done = project.step("join")
        assert done.returncode == 1
        assert expected in done.stderr
