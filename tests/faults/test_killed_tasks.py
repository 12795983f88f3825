"""A task that is killed anywhere, and executed again."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from faults.conftest import Site

SOURCE = """
class F(FlowSpec):
    alpha = Parameter("alpha", default=3)

    @step
    def start(self):
        self.xs = ["a", "b"]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.seen = [self.input, self.alpha]
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [each.seen for each in inputs]
        self.merge_artifacts(inputs)
        self.n = 0
        self.next(self.work)

    @step
    def work(self):
        self.n += 1
        self.next(self.check)

    @step
    def check(self):
        self.to = "work" if self.n < 2 else "risky"
        self.next({"work": self.work, "risky": self.risky}, condition="to")

    @catch(var="failure")
    @step
    def risky(self):
        self.half = 1
        if self.half:
            raise KeyError("why")
        self.next(self.end)

    @step
    def end(self):
        self.all = [self.seen, self.n, self.failure.exception]
"""
TASKS = [
    ("start", "t"),
    ("fit", "t.0"),
    ("fit", "t.1"),
    ("join", "t"),
    ("work", "t.r0"),
    ("check", "t.r0"),
    ("work", "t.r1"),
    ("check", "t.r1"),
    ("risky", "t"),
    ("end", "t"),
]
KILLED = [0, 1, 3, 5, 7, 8, 9]
AT_EXIT = -1


def outcome(site: Site, task: tuple[str, str]) -> Any:
    """What is left of an execution, but for what differs each time."""
    record = site.record("done", *task)
    left = site.record("control", task[0], task[1].rpartition(".")[0])
    kept = {name: record.get(name) for name in ("artifacts", "parents", "control", "caught")}
    return kept, left, site.decided()


@pytest.fixture
def undisturbed(site: Site) -> list[Any]:
    """The outcomes of all tasks of a run; `stores/<n>` is the store before the n-th."""
    site.write(SOURCE)
    found = []
    for number, task in enumerate(TASKS):
        if site.store.exists():
            again(site.store, site.folder / f"stores/{number}")
        assert site.step(*task) == 0, site.log()
        found.append(outcome(site, task))
    assert site.values("end")["all"] == [[["a", 3], ["b", 3]], 2, "'why'"]
    return found


def again(store: Path, copy: Path) -> None:
    """Make a folder like another one; files of a store are never changed in place."""
    shutil.rmtree(copy, ignore_errors=True)
    if store.exists():
        shutil.copytree(store, copy, copy_function=os.link)


def check_whole(site: Site, task: tuple[str, str]) -> None:
    """All that readers see is whole, and a commit has all that it needs."""
    for file in site.store.rglob("[!.]*.json"):
        json.loads(file.read_text())
    if site.record("done", *task):
        site.values(*task)


def test_a_fallback_lets_a_commit_stand(site: Site, undisturbed: list[Any]) -> None:
    number = TASKS.index(("risky", "t"))
    committed = 0
    for kill in [AT_EXIT, *range(1, 1000)]:
        again(site.folder / f"stores/{number}", site.store)
        if site.step("risky", kill=kill) == 0:
            break
        before = site.record("done", "risky")
        if before is None:
            continue
        committed += 1

        assert site.step("risky", attempt=1) == 0, site.log()

        assert site.record("done", "risky") == before
        assert outcome(site, ("risky", "t")) == undisturbed[number]
        assert site.listing("risky")["objects"].keys() == before["artifacts"].keys()
    assert committed > 5


@pytest.mark.parametrize("number", KILLED, ids=[f"{'-'.join(TASKS[i])}" for i in KILLED])
def test_a_task_killed_anywhere_is_made_good_by_the_next_execution(
    site: Site, undisturbed: list[Any], number: int
) -> None:
    task, expected = TASKS[number], undisturbed[number]
    for kill in [AT_EXIT, *range(1, 1000)]:
        again(site.folder / f"stores/{number}", site.store)
        code = site.step(*task, kill=kill)
        if code == 0:
            break
        assert code == -9, site.log()
        check_whole(site, task)

        # A fallback would not run the step.
        attempt = 0 if task[0] == "risky" else kill % 2
        assert site.step(*task, attempt=attempt) == 0, site.log()

        assert outcome(site, task) == expected, kill
        check_whole(site, task)
        objects = site.listing(*task, attempt)["objects"]
        assert objects == {name: sha for name, (sha, _, _) in expected[0]["artifacts"].items()}
        for following in TASKS[number + 1 : number + 2]:
            assert site.step(*following) == 0, site.log()
            assert outcome(site, following) == undisturbed[number + 1], kill
    assert kill > 20
