"""What a disk has damaged: an error that names it, and never another value."""

from __future__ import annotations

import gzip
import pickle
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.conftest import Site

SOURCE = """
class F(FlowSpec):
    alpha = Parameter("alpha", default="a")

    @step
    def start(self):
        self.x = "value"
        self.big = bytes(range(256)) * 40_000
        self.n = 0
        self.next(self.work)

    @step
    def work(self):
        self.n += 1
        self.to = "end"
        self.next({"work": self.work, "end": self.end}, condition="to")

    @step
    def end(self):
        if "LOOK" in os.environ:
            print(os.environ["LOOK"].upper(), hash(getattr(self, os.environ["LOOK"])))
"""


@pytest.fixture
def ended(site: Site) -> Site:
    """A site with a run of which only the last task is left to do."""
    site.write(SOURCE)
    assert [site.step("start"), site.step("work", "t.r0")] == [0, 0], site.log()
    return site


def blob(site: Site, name: str) -> Path:
    sha = site.record("done", "start")["artifacts"][name][0]
    return site.store / "F/data" / sha[:2] / sha


def trap(site: Site) -> bytes:
    """A sound blob that sets a trap for whoever unpickles it."""
    return gzip.compress(pickle.dumps(Trap(str(site.folder / "trapped"))))


class Trap:
    def __init__(self, file: str) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (self.file, "w")


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("name", ["x", "big"])
def test_a_damaged_blob_is_never_a_value(ended: Site, name: str) -> None:
    file = blob(ended, name)
    whole = file.read_bytes()
    ended.environment["LOOK"] = name
    middle = len(whole) // 2
    cut = [whole[:length] for length in (0, 1, 12, middle, len(whole) - 9, len(whole) - 1)]
    changed = [flipped(whole, place) for place in (0, 11, middle, len(whole) - 6)]
    for content in [*cut, *changed]:
        before = ended.log()
        file.write_bytes(content)

        assert ended.step("end") == 1

        said = ended.log().removeprefix(before)
        key = file.relative_to(ended.store)
        assert f"artifact `{name}` of task `end/t` is corrupt: {key}: " in said
        assert name.upper() not in said
    file.write_bytes(whole)
    assert ended.step("end") == 0


def test_another_pickle_in_the_place_of_one_is_not_even_read(ended: Site) -> None:
    ended.environment["LOOK"] = "x"
    blob(ended, "x").write_bytes(trap(ended))

    assert ended.step("end") == 1

    assert "is corrupt" in ended.log()
    assert not (ended.folder / "trapped").exists()


RECORDS = {
    "work": "1/_flowc/done/work/t.r0.json",
    "loop": "1/_flowc/control/work/t.json",
}


@pytest.mark.parametrize("key", RECORDS.values(), ids=RECORDS)
def test_a_damaged_record_is_told_in_one_line(ended: Site, key: str) -> None:
    file = ended.store / "F" / key
    whole = file.read_bytes()
    damaged = [whole[:length] for length in range(0, len(whole), 9)]
    for content in [*damaged, b"[]", b"7", b"null", b"\xff", b'{"attempt": "x"}', whole[:-1]]:
        before = ended.log()
        file.write_bytes(content)

        assert ended.step("end") == 64, content

        said = ended.log().removeprefix(before)
        assert said == f"flowc: `F/{key}` is no record that flowc wrote; run its task again\n"


def test_a_damaged_record_is_made_good_by_its_task(ended: Site) -> None:
    file = ended.store / "F" / RECORDS["work"]
    file.write_bytes(file.read_bytes()[:50])

    assert [ended.step("work", "t.r0"), ended.step("end")] == [0, 0], ended.log()

    assert ended.values("end")["n"] == 1


def test_damaged_lists_of_the_client_s_do_no_harm(ended: Site) -> None:
    for file in ended.store.glob("F/1/**/*.data.json"):
        file.write_bytes(b"{")

    assert [ended.step("start", attempt=1), ended.step("end")] == [0, 0], ended.log()

    assert ended.listing("_parameters")["objects"].keys() >= {"alpha", "_graph_info"}


def test_a_damaged_plan_is_told_in_one_line(ended: Site) -> None:
    file = ended.folder / "plan.json"
    whole = file.read_bytes()
    for length in range(0, len(whole), 29):
        before = ended.log()
        file.write_bytes(whole[:length])

        assert ended.step("end") == 64

        said = ended.log().removeprefix(before)
        assert (said.count("\n"), "`plan.json` is not a plan" in said) == (1, True), said
