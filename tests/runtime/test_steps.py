"""Whole flows through the shim: what steps see, and what they leave behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtime.conftest import HEADER

if TYPE_CHECKING:
    from runtime.conftest import Project

FOREACH = {
    "start": {"kind": "foreach", "next": ["fit"], "artifact": "xs"},
    "fit": {"kind": "linear", "next": ["join"]},
    "join": {"kind": "end", "join": True},
}
FOREACH_SOURCE = """
@step
def start(self):
    self.xs = {xs!r}
    self.next(self.fit, foreach="xs")

@step
def fit(self):
    self.next(self.join)

@step
def join(self, inputs): ...
"""
FOREACH_BODY = [
    {"task": "start", "emits": "count"},
    {"foreach": "start", "body": [{"task": "fit"}]},
    {"task": "join"},
]


def test_artifacts_reach_the_next_step_with_changes_in_place(project: Project) -> None:
    project.linear(
        """
        @step
        def start(self):
            self.log, self.kept, self.changed = ["start"], "kept", 1
            self.next(self.middle)

        @step
        def middle(self):
            self.log.append("middle")
            self.changed += 1
            self.next(self.end)

        @step
        def end(self):
            self.seen = (self.log, self.kept, self.changed)
        """,
        "start",
        "middle",
        "end",
    )

    project.run()

    assert project.artifact("seen", "end") == (["start", "middle"], "kept", 2)
    assert project.artifact("log", "start") == ["start"]


def test_a_task_leaves_the_records_of_the_contract(project: Project) -> None:
    project.linear(
        "@step\ndef start(self): self.next(self.end)\n@step\ndef end(self): ...\n", "start", "end"
    )

    project.run()

    files = {
        str(file.relative_to(project.store / "F/1"))
        for file in project.store.rglob("*")
        if file.is_file() and not {"data", "_meta"} & set(file.parts)
    }
    assert files == {
        f"{step}/t/0.{name}"
        for step in ("_parameters", "start", "end")
        for name in ("attempt.json", "data.json", "DONE.lock")
    } | {
        f"_flowc/{name}"
        for name in (
            "about.json",
            "plan.json",
            "attempts/start/t@0.json",
            "attempts/end/t@0.json",
            "done/start/t.json",
            "done/end/t.json",
        )
    }
    record = project.record("done", "end")
    listing = project.listing("end")
    assert (record["attempt"], record["parents"], record["caught"]) == (0, [["start", "t"]], False)
    assert record["artifacts"] == {
        name: [sha, listing["info"][name]["size"], listing["info"][name]["type"]]
        for name, sha in listing["objects"].items()
    }
    assert set(project.record("done", "start")["parameters"]) == {"_graph_info", "_task_ok"}


def test_a_foreach_gives_each_task_its_item(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.xs = {"a": 1, "b": 2, "c": 3}.items()
            self.xs = [*self.xs]
            self.next(self.fit, foreach="xs")

        @step
        def fit(self):
            self.seen = (self.input, self.index, self.foreach_stack(), self.xs[self.index])
            self.next(self.join)

        @step
        def join(self, inputs):
            self.all = [each.seen[0] for each in inputs]
            self.last, self.size, self.place = inputs[-1].input, len(inputs), inputs[1].index
            self.some = [each.seen[1] for each in inputs[1:]]
            self.outside = (self.input, self.index, self.foreach_stack())
        """,
        FOREACH,
        FOREACH_BODY,
    )

    project.run()

    assert project.record("done", "start")["control"] == {"count": 3}
    assert project.artifact("seen", "fit", "t.1") == (("b", 2), 1, [(1, 3, ("b", 2))], ("b", 2))
    assert project.artifact("all", "join") == [("a", 1), ("b", 2), ("c", 3)]
    assert project.artifact("last", "join") == ("c", 3)
    assert (project.artifact("size", "join"), project.artifact("place", "join")) == (3, 1)
    assert project.artifact("some", "join") == [1, 2]
    assert project.artifact("outside", "join") == (None, None, [])


def test_a_foreach_goes_over_any_iterable_in_the_order_it_had(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.xs = frozenset(f"item {i}" for i in range(2500))
            self.order = list(self.xs)
            self.next(self.fit, foreach="xs")

        @step
        def fit(self):
            self.matches = self.input == self.order[self.index]
            self.next(self.join)

        @step
        def join(self, inputs): ...
        """,
        FOREACH,
        FOREACH_BODY,
    )
    project.step("start")

    for index in (0, 999, 1000, 2499):
        project.step("fit", f"t.{index}")
        assert project.artifact("matches", "fit", f"t.{index}")
    assert not [name for name in project.listing("fit", "t.0")["objects"] if "items" in name]


def test_a_short_list_is_not_stored_twice(project: Project) -> None:
    project.write(
        FOREACH_SOURCE.format(xs=[1, 2]),
        FOREACH,
        FOREACH_BODY,
    )

    project.step("start")

    objects = project.listing("start")["objects"]
    assert objects["_foreach_items_0"] == objects["xs"]


def test_a_nested_foreach_knows_its_stack(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.xs = "ab"
            self.next(self.outer, foreach="xs")

        @step
        def outer(self):
            self.ys = [1, 2]
            self.next(self.inner, foreach="ys")

        @step
        def inner(self):
            self.stack = self.foreach_stack()
            self.next(self.inner_join)

        @step
        def inner_join(self, inputs):
            self.seen = (self.input, self.index, [each.input for each in inputs])
            self.next(self.join)

        @step
        def join(self, inputs):
            self.all = [each.seen for each in inputs]
        """,
        {
            "start": {"kind": "foreach", "next": ["outer"], "artifact": "xs"},
            "outer": {"kind": "foreach", "next": ["inner"], "artifact": "ys"},
            "inner": {"kind": "linear", "next": ["inner_join"]},
            "inner_join": {"kind": "linear", "next": ["join"], "join": True},
            "join": {"kind": "end", "join": True},
        },
        [
            {"task": "start"},
            {
                "foreach": "start",
                "body": [
                    {"task": "outer"},
                    {"foreach": "outer", "body": [{"task": "inner"}]},
                    {"task": "inner_join"},
                ],
            },
            {"task": "join"},
        ],
    )

    project.run()

    assert project.artifact("stack", "inner", "t.1.0") == [(1, 2, "b"), (0, 2, 1)]
    assert project.artifact("all", "join") == [("a", 0, [1, 2]), ("b", 1, [1, 2])]


def test_a_gang_knows_its_size_and_place(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.next(self.fit, num_parallel=2)

        @parallel
        @step
        def fit(self):
            self.seen = (current.parallel.num_nodes, current.parallel.node_index, self.input)
            self.next(self.join)

        @step
        def join(self, inputs):
            self.all = [each.seen for each in inputs]
            self.alone = (current.parallel.num_nodes, current.is_parallel)
        """,
        {**FOREACH, "start": {"kind": "gang", "next": ["fit"]}},
        [FOREACH_BODY[0], {**FOREACH_BODY[1], "gang": True}, FOREACH_BODY[2]],
    )

    project.run()

    assert project.artifact("all", "join") == [(2, 0, 0), (2, 1, 1)]
    assert project.artifact("alone", "join") == (1, False)


def test_a_switch_tells_the_name_of_the_step(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.flag = 1
            self.next({1: self.a, True: self.a, "x": self.b}, condition="flag")

        @step
        def a(self):
            self.next(self.end)

        @step
        def b(self):
            self.next(self.end)

        @step
        def end(self): ...
        """,
        {
            "start": {"kind": "switch", "next": ["a", "b"], "artifact": "flag"},
            "a": {"kind": "linear", "next": ["end"]},
            "b": {"kind": "linear", "next": ["end"]},
            "end": {"kind": "end"},
        },
        [
            {"task": "start"},
            {"switch": "start", "arms": {"a": [{"task": "a"}], "b": [{"task": "b"}]}},
            {"task": "end"},
        ],
    )

    assert project.run() == ["start t", "a t", "end t"]
    assert project.record("done", "start")["control"] == {"next": "a"}


def test_a_loop_goes_on_where_its_latch_says(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.n = 0
            self.next(self.work)

        @step
        def work(self):
            self.n += 1
            self.next(self.check)

        @step
        def check(self):
            self.choice = "more" if self.n < 3 else "stop"
            self.next({"more": self.work, "stop": self.end}, condition="choice")

        @step
        def end(self): ...
        """,
        {
            "start": {"kind": "linear", "next": ["work"]},
            "work": {"kind": "linear", "next": ["check"]},
            "check": {"kind": "switch", "next": ["work", "end"], "artifact": "choice"},
            "end": {"kind": "end"},
        },
        [
            {"task": "start"},
            {"loop": "check", "to": "work", "body": [{"task": "work"}, {"task": "check"}]},
            {"task": "end"},
        ],
    )

    ran = project.run()

    assert ran == [
        *("start t", "work t", "check t", "work t.r1", "check t.r1", "work t.r2", "check t.r2"),
        "end t",
    ]
    assert project.artifact("n", "end") == 3
    onward, last = (project.record("done", "check", path) for path in ("t.r0", "t.r2"))
    assert onward["control"] == {"next": "work", "path": "t.r1"}
    assert last["control"] == {"next": "end", "path": "t"}
    assert project.record("control", "check") == {"next": "end", "last": 2}
    assert (project.folder / "control-6/path").read_text() == "t"


def test_artifacts_of_classes_in_the_flow_file_can_be_loaded(project: Project) -> None:
    project.linear(
        """
        @step
        def start(self):
            self.point = Point(3)
            self.next(self.end)

        @step
        def end(self):
            self.x = (self.point.x, type(self.point) is Point, __name__, sibling.VALUE)
        """,
        "start",
        "end",
        header=HEADER + "import sibling\nclass Point:\n    def __init__(self, x): self.x = x\n",
    )
    (project.folder / "sibling.py").write_text("VALUE = 7\n")

    project.run()

    assert project.artifact("x", "end") == (3, True, "__main__", 7)


def test_source_is_the_folder_of_the_flow(project: Project) -> None:
    project.linear("@step\ndef start(self): self.file = __file__\n", "start")
    inner = project.folder / "inner"
    inner.mkdir()
    (project.folder / "flow.py").rename(inner / "flow.py")

    done = project.step("start", "t", "--source", "inner")

    assert done.returncode == 0, done.stderr
    assert project.artifact("file", "start") == str(inner / "flow.py")


def test_a_done_task_may_run_again(project: Project) -> None:
    project.linear(
        "@step\ndef start(self):\n    import os\n    self.x = os.environ['X']\n", "start"
    )

    project.step("start", X="1")
    project.step("start", attempt=1, X="2")

    assert project.record("done", "start")["attempt"] == 1
    assert project.artifact("x", "start", attempt=1) == "2"


def test_current_is_the_task(project: Project) -> None:
    project.linear(
        """
        @step
        def start(self):
            self.seen = [
                current.flow_name, current.run_id, current.step_name, current.task_id,
                current.retry_count, current.pathspec, current.origin_run_id,
                current.is_running_flow, current.username, current.namespace, current.tags,
                current.get("project_name"), "run_id" in current, str(self), self.name,
                current.run.id, current.task.pathspec, current.tempdir,
            ]
            try:
                current.project_name
            except AttributeError as error:
                self.error = str(error)
        """,
        "start",
    )

    project.step("start", attempt=0, METAFLOW_USER="ada")
    done = project.step("start", attempt=1, METAFLOW_USER="ada", METAFLOW_TEMPDIR="/scratch")

    assert done.returncode == 0, done.stderr
    assert project.artifact("seen", "start", attempt=1) == [
        *("F", "1", "start", "t", 1, "F/1/start/t", None, True, "ada", "user:ada", set()),
        *(None, True, "<flow F step start at t>", "F", "1", "F/1/start/t", "/scratch"),
    ]
    assert "`current.project_name` does not exist" in project.artifact("error", "start", attempt=1)


def test_control_files_of_an_earlier_attempt_are_replaced(project: Project) -> None:
    project.write(
        FOREACH_SOURCE.format(xs=[1]),
        FOREACH,
        FOREACH_BODY,
    )
    control = project.folder / "out" / "control"

    project.step("start", "t", "--control", str(control))

    assert {file.name: file.read_text() for file in control.iterdir()} == {"count": "1"}


def test_a_plan_for_the_flow_of_another_class_is_refused(project: Project) -> None:
    project.linear("@step\ndef start(self): ...\n", "start")
    plan = json.loads((project.folder / "plan.json").read_text())
    (project.folder / "plan.json").write_text(json.dumps({**plan, "flow": "G"}))

    done = project.step("start")

    assert done.returncode == 64
    assert "flow.py` has no flow `G`" in done.stderr


def test_a_step_that_the_flow_has_lost_is_refused(project: Project) -> None:
    project.linear("@step\ndef begin(self): ...\n", "start")

    done = project.step("start")

    assert done.returncode == 64
    assert done.stderr == "flowc: flow `F` has no step `start` any more; compile it again\n"


def test_a_long_done_record_keeps_what_an_engine_reads_short(project: Project) -> None:
    project.linear(
        """
        @step
        def start(self):
            for number in range(3000):
                setattr(self, f"x{number}", number)
            self.next(self.end)

        @step
        def end(self):
            self.total = sum(getattr(self, f"x{number}") for number in range(3000))
        """,
        "start",
        "end",
    )

    project.run()
    again = project.step("end", attempt=1)

    assert again.returncode == 0
    assert project.artifact("total", "end") == sum(range(3000))
    record = project.record("done", "start")
    assert "artifacts" not in record
    assert len(json.dumps(record)) < 1000
    rest = json.loads(project.stored(f"1/_flowc/rest/{record['rest']}.json") or b"")
    assert len(rest["artifacts"]) > 3000


def test_a_done_record_whose_rest_is_lost_is_refused(project: Project) -> None:
    project.linear(
        """
        @step
        def start(self):
            for number in range(3000):
                setattr(self, f"x{number}", number)
            self.next(self.end)

        @step
        def end(self): ...
        """,
        "start",
        "end",
    )
    project.step("start")
    for file in (project.store / "F/1/_flowc/rest").iterdir():
        file.unlink()

    ended = project.step("end")

    assert ended.returncode == 64
    assert "done/start/t.json` is no record that flowc wrote" in ended.stderr
