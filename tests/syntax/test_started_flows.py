"""A file that starts a flow of another file is read, compiled and run as that flow."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored import artifacts

from flowc.driver import Reading, read_flow
from flowc.local.engine import run
from flowc.local.settings import RunSettings

FLOW = """
from flowc import FlowSpec, step


class {name}({base}):
    @step
    def start(self):
        self.said = "{said}"
        self.next(self.end)

    @step
    def end(self):
        pass
"""
STARTS = {
    "from flows.train import TrainFlow": "TrainFlow()",
    "from flows.train import TrainFlow as T": "T()",
    "from flows.train import *": "TrainFlow()",
    "from flows import TrainFlow": "TrainFlow()",
    "from flows import train": "train.TrainFlow()",
    "import flows.train": "flows.train.TrainFlow()",
    "import flows.train as t": "t.TrainFlow(use_cli=True)",
}


def flow(name: str, base: str = "FlowSpec", said: str = "train") -> str:
    return FLOW.format(name=name, base=base, said=said)


def write(folder: Path, **files: str) -> str:
    (folder / "flows").mkdir()
    (folder / "flows" / "__init__.py").write_text("from flows.train import TrainFlow\n")
    (folder / "flows" / "train.py").write_text(flow("TrainFlow"))
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return str(folder / "flow.py")


def started(head: str, call: str) -> str:
    return f'{head}\n\nif __name__ == "__main__":\n    {call}\n'


def codes(reading: Reading) -> list[str]:
    return [each.code for each in reading.diagnostics]


@pytest.mark.parametrize("head", STARTS)
def test_a_flow_of_another_file_is_read_and_runs(head: str, tmp_path: Path) -> None:
    path = write(tmp_path, flow=started(head, STARTS[head]))
    reading = read_flow(path)
    assert reading.flow, reading.diagnostics

    result = run(reading.flow, RunSettings("r", tmp_path / "store", tmp_path), lambda _: None)

    assert result.succeeded, result.failures
    assert (reading.flow.name, reading.flow.file) == ("TrainFlow", "flow.py")
    assert {step.file for step in reading.flow.steps.values()} == {"flows/train.py"}
    assert artifacts(tmp_path / "store", "TrainFlow", "r", ("end", "t"))["said"] == "train"


def test_what_is_started_comes_before_what_is_only_there(tmp_path: Path) -> None:
    own = "from flows.train import TrainFlow\n" + flow("OwnFlow")
    there = read_flow(write(tmp_path, flow=started(own, "TrainFlow()"), other=own)).flow
    here = read_flow(str(tmp_path / "other.py")).flow

    assert there
    assert here
    assert (there.name, there.module) == ("TrainFlow", "flows.train")
    assert (here.name, here.module) == ("OwnFlow", "")


def test_an_own_flow_that_is_started_stays_the_flow(tmp_path: Path) -> None:
    text = "from flows.train import TrainFlow\n" + flow("OwnFlow", "TrainFlow", "own")
    reading = read_flow(write(tmp_path, flow=started(text, "OwnFlow()")))

    assert reading.flow
    assert reading.flow.name == "OwnFlow"


def test_an_imported_flow_can_be_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, flow="from flows.train import TrainFlow\n" + flow("OwnFlow"))

    chosen = read_flow(f"{path}:TrainFlow").flow

    assert chosen
    assert chosen.module == "flows.train"
    assert codes(read_flow(f"{path}:Other")) == ["FC005"]


def test_of_several_that_are_started_none_is_guessed(tmp_path: Path) -> None:
    text = (
        "from flows.train import TrainFlow\nfrom more import MoreFlow\nimport more\nTrainFlow()\n"
    )
    text += "more.MoreFlow()\n"
    reading = read_flow(write(tmp_path, flow=text, more=flow("MoreFlow")))

    assert reading.flow is None
    assert codes(reading) == ["FC004"]
    assert read_flow(f"{tmp_path / 'flow.py'}:MoreFlow").flow


@pytest.mark.parametrize(
    "line", ["if 1: TrainFlow()", "import sys; TrainFlow()", "T = TrainFlow\nT()"]
)
def test_it_may_be_started_in_any_line(line: str, tmp_path: Path) -> None:
    reading = read_flow(write(tmp_path, flow=f"from flows.train import TrainFlow\n{line}\n"))

    assert reading.flow, reading.diagnostics
    assert reading.flow.module == "flows.train"


@pytest.mark.parametrize("call", ["", "print()", "main()", "Flow('TrainFlow')", "missing.start()"])
def test_a_flow_that_is_only_imported_is_named_in_the_hint(call: str, tmp_path: Path) -> None:
    head = "import missing\nfrom flowc import Flow\nfrom flows.train import TrainFlow\n"
    reading = read_flow(write(tmp_path, flow=f"{head}\ndef main():\n    TrainFlow()\n\n{call}\n"))
    [told] = reading.diagnostics

    assert reading.flow is None
    assert told.code == "FC003"
    assert "`TrainFlow()`" in told.finding.hint


def test_of_several_that_are_only_imported_none_is_named(tmp_path: Path) -> None:
    text = "from flows.train import TrainFlow\nfrom more import MoreFlow\n"
    [told] = read_flow(write(tmp_path, flow=text, more=flow("MoreFlow"))).diagnostics

    assert told.code == "FC003"
    assert "Flow()" not in told.finding.hint


def test_a_started_class_whose_base_is_missing_is_told(tmp_path: Path) -> None:
    more = "from missing import Base\n" + flow("MoreFlow", "Base")
    text = started("from more import MoreFlow", "MoreFlow()")
    reading = read_flow(write(tmp_path, flow=text, more=more))

    assert codes(reading) == ["FC007"]
    assert reading.diagnostics[0].span.path.endswith("more.py")


def test_findings_stand_in_the_file_where_the_class_is(tmp_path: Path) -> None:
    more = flow("MoreFlow").replace("self.end", "self.ende")
    text = started("from more import MoreFlow", "MoreFlow()")
    reading = read_flow(write(tmp_path, flow=text, more=more))
    found = [(each.code, Path(each.span.path).name) for each in reading.diagnostics]

    assert ("FC201", "more.py") in found
