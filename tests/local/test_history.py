"""The commands over runs: what they say of those that ended, go on, or left little behind."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowc.errors import UsageError
from flowc.history.choice import choose_flow, choose_run, choose_tasks
from flowc.history.logs import read_logs
from flowc.history.reader import Reader
from flowc.history.runs import State

if TYPE_CHECKING:
    from local.conftest import Lab

FAILING = """
class F(FlowSpec):
    @step
    def start(self):
        print("a word")
        print("a warning", file=sys.stderr)
        self.xs = [2, 1, 0]
        self.next(self.fit, foreach="xs")

    @retry(times=1)
    @step
    def fit(self):
        print(f"fit {self.input}, attempt {current.retry_count}")
        self.ratio = 1 / self.input if self.input else [][current.retry_count]
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

FINE = """
class {name}(FlowSpec):
    @step
    def start(self):
        self.numbers = [1, 2]
        self._hidden = True
        self.next(self.end)

    @step
    def end(self):
        self.text = "é"
"""

WAITING = """
class F(FlowSpec):
    @step
    def start(self):
        open("started", "w").close()
        time.sleep(600)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def fine(lab: Lab, name: str = "F") -> str:
    result = lab.run(FINE.replace("{name}", name), max_workers=1)
    assert result.succeeded
    return result.run


def flowc(lab: Lab, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words, "--datastore-root", str(lab.store)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def entries(lab: Lab, *words: str) -> list[dict[str, Any]]:
    done = flowc(lab, *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def state(lab: Lab) -> State:
    return choose_run(Reader(str(lab.store)), "latest").state


def test_runs_are_listed_newest_first(lab: Lab) -> None:
    first = fine(lab)
    failed = lab.run(FAILING, max_workers=1).run
    other = fine(lab, "G")

    found = entries(lab, "runs")

    assert [(each["flow"], each["run"], each["state"], each["tasks_done"]) for each in found] == [
        ("G", other, "finished", 2),
        ("F", failed, "failed", 3),
        ("F", first, "finished", 2),
    ]
    assert all(0 < each["seconds"] < 600 for each in found)
    assert [each["run"] for each in entries(lab, "runs", "F", "--limit", "1")] == [failed]


def test_runs_are_a_plain_table_where_nobody_watches(lab: Lab) -> None:
    run = fine(lab)

    done = flowc(lab, "runs")

    heading, row = done.stdout.splitlines()
    assert heading.split("  ")[0] == "flow"
    assert row.split()[:4] == ["F", run, "finished", "2"]
    assert row.index("finished") == heading.index("state")
    assert row.endswith(" s")
    assert not done.stderr


def test_a_terminal_gets_colours(lab: Lab) -> None:
    fine(lab)

    done = flowc(lab, "runs", FORCE_COLOR="1", TERM="xterm")

    assert "\x1b[32mfinished" in done.stdout


@pytest.fixture
def waiting(lab: Lab) -> Any:
    """A run that goes on until it is killed."""
    flow = lab.write(WAITING)
    words = [sys.executable, "-m", "flowc", "run", str(flow), "--datastore-root", str(lab.store)]
    process = subprocess.Popen(words, cwd=lab.folder, stderr=subprocess.DEVNULL)
    while not (lab.folder / "started").exists():
        assert process.poll() is None
        time.sleep(0.02)
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait()


def test_a_run_that_goes_on_is_running(lab: Lab, waiting: subprocess.Popen[bytes]) -> None:
    assert waiting.poll() is None
    assert state(lab) is State.RUNNING
    [task] = choose_tasks(Reader(str(lab.store)), choose_run(Reader(str(lab.store)), "latest"), "")
    assert task.state is State.RUNNING


def test_a_run_that_was_asked_to_stop_is_interrupted(
    lab: Lab, waiting: subprocess.Popen[bytes]
) -> None:
    waiting.send_signal(signal.SIGINT)
    waiting.wait()

    assert state(lab) is State.INTERRUPTED


def test_a_run_whose_engine_was_killed_is_interrupted(
    lab: Lab, waiting: subprocess.Popen[bytes]
) -> None:
    [children] = Path(f"/proc/{waiting.pid}/task").glob(f"{waiting.pid}/children")
    shims = [int(pid) for pid in children.read_text().split()]
    waiting.kill()
    waiting.wait()

    assert state(lab) is State.INTERRUPTED
    for shim in shims:
        os.killpg(shim, signal.SIGKILL)


def test_without_records_of_an_engine_only_the_last_step_tells(lab: Lab) -> None:
    """As on a cluster, where the plan is not in the store."""
    run = fine(lab)
    records = lab.store / "F" / run / "_flowc"
    for name in ("run.json", "run.lock", "plan.json"):
        (records / name).unlink()
    [found] = entries(lab, "runs")

    assert (found["state"], found["tasks_done"]) == ("finished", 2)
    assert found["started"]
    shutil.rmtree(records / "done" / "end")
    assert state(lab) is State.UNKNOWN


def test_an_engine_on_another_machine_may_still_run(lab: Lab) -> None:
    run = lab.run(FAILING).run
    records = lab.store / "F" / run / "_flowc"
    (records / "run.json").unlink()
    (records / "run.lock").write_text(json.dumps({"time": 1.5, "host": "elsewhere.invalid"}))

    assert state(lab) is State.UNKNOWN


def test_logs_are_in_the_order_of_starts_and_named(lab: Lab) -> None:
    lab.run(FAILING, max_workers=1)

    done = flowc(lab, "logs", "latest", "--stdout")

    assert done.stdout.splitlines() == [
        "start/t │ a word",
        "fit/t.0 │ fit 2, attempt 0",
        "fit/t.1 │ fit 1, attempt 0",
        "fit/t.2 │ fit 0, attempt 1",
    ]
    assert not done.stderr


def test_the_log_of_one_task_is_printed_as_it_is(lab: Lab) -> None:
    run = lab.run(FAILING, max_workers=1).run

    assert flowc(lab, "logs", f"F/{run}", "start").stdout == "a word\na warning\n"
    assert flowc(lab, "logs", run, "start/t", "--stderr").stdout == "a warning\n"
    first = flowc(lab, "logs", "F/latest", "fit/t.2", "--attempt", "0", "--stdout")
    assert first.stdout == "fit 0, attempt 0\n"


def test_a_long_log_is_printed_in_pieces_of_whole_lines(lab: Lab) -> None:
    lines = "for i in range(60_000): print('é' * 20, i)"
    run = lab.run(
        FINE.replace("{name}", "F").replace("self.numbers", f"{lines}\n        self.numbers")
    )
    reader = Reader(str(lab.store))
    found = choose_run(reader, run.run)

    [log] = read_logs(reader, found, choose_tasks(reader, found, "start"), ["stdout"])
    pieces = list(log.texts["stdout"])

    assert len(pieces) > 2
    assert all(piece.endswith("\n") for piece in pieces)
    assert "".join(pieces) == "".join(f"{'é' * 20} {i}\n" for i in range(60_000))


def test_logs_of_failed_tasks_only(lab: Lab) -> None:
    lab.run(FAILING, max_workers=1)

    [log] = entries(lab, "logs", "latest", "--failed")

    assert (log["task"], log["attempt"], log["state"]) == ("fit/t.2", 1, "failed")
    assert log["stdout"] == "fit 0, attempt 1\n"
    assert "IndexError" in log["stderr"]


def test_nothing_failed_is_said_beside_the_output(lab: Lab) -> None:
    run = fine(lab)

    done = flowc(lab, "logs", "latest", "--failed")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"flowc: no task of F/{run} has failed\n"


def test_artifacts_are_listed_and_never_loaded(lab: Lab) -> None:
    run = fine(lab)
    for blob in (lab.store / "F" / "data").glob("*/*"):
        blob.write_bytes(b"no pickle")

    found = entries(lab, "artifacts", "latest", "end")

    assert [(each["task"], each["name"], each["type"]) for each in found] == [
        ("end/t", "numbers", "list"),
        ("end/t", "text", "str"),
    ]
    assert found[1]["size"] == len(pickle.dumps("é", protocol=4))
    objects = json.loads((lab.store / "F" / run / "end/t/0.data.json").read_text())["objects"]
    assert found[0]["digest"] == objects["numbers"]
    assert "numbers" in flowc(lab, "artifacts", run, "start/t").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("runs", "Train"), "holds no runs of a flow `Train`; there are `F`, `G`"),
        (("logs", "G/lates"), "flow `G` has no run `lates`; there are"),
        (("logs", "F"), "`F` is a flow; write `F/latest` for its latest run"),
        (("logs", "{run}0"), "there is no run `{run}0`; write `{run}`"),
        (("logs", "1"), "several flows have a run `1`; write `F/1` or `G/1`"),
        (("logs", "F/{run}", "strat"), "of a step `strat`; write `start`"),
        (("artifacts", "F/{run}", "end/t.0"), "step `end` of F/{run} has no task `t.0`"),
        (("logs", "F/{run}", "--attempt", "3"), "no attempt 3; the attempts on record are 0"),
        (("artifacts", "latest", "--format", "yaml"), "no format `yaml`; there are text, json"),
        (("artifacts", "../F"), "holds no runs of a flow `..`"),
    ],
)
def test_what_is_unknown_is_told_with_the_nearest(
    known: tuple[Lab, str], words: tuple[str, ...], message: str
) -> None:
    lab, run = known

    done = flowc(lab, *(word.replace("{run}", run) for word in words))

    assert (done.returncode, done.stdout) == (2, "")
    assert message.replace("{run}", run) in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, str]:
    """A store with three runs of two flows, two of them of the same name."""
    from local.conftest import Lab

    lab = Lab(tmp_path_factory.mktemp("known"))
    run = fine(lab)
    for flow in "FG":
        shutil.copytree(lab.store / "F" / run, lab.store / flow / "1")
    return lab, run


def test_a_broken_record_is_named(lab: Lab) -> None:
    run = fine(lab)
    (lab.store / "F" / run / "_flowc" / "run.json").write_text('{"state": "won"')

    with pytest.raises(UsageError, match=f"F/{run}/_flowc/run.json .* is no record"):
        state(lab)


def test_a_missing_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no store at"):
        Reader(str(tmp_path / "nowhere"))

    assert choose_flow(Reader(str(tmp_path)), "") == []


def test_a_value_that_calls_something_is_refused_unseen(lab: Lab) -> None:
    """The first task's `_graph_info` tells the last step; a store may hold anything there."""
    import gzip

    run = fine(lab)
    records = lab.store / "F" / run
    for name in ("run.json", "run.lock", "plan.json"):
        (records / "_flowc" / name).unlink()
    listing = json.loads((records / "_parameters/t/0.data.json").read_text())
    sha = listing["objects"]["_graph_info"]
    victim = lab.folder / "victim"
    blob = lab.store / "F" / "data" / sha[:2] / sha
    blob.write_bytes(gzip.compress(pickle.dumps(_Touch(str(victim)))))

    with pytest.raises(UsageError, match="is no record"):
        state(lab)
    assert not victim.exists()


class _Touch:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


def test_no_command_over_runs_loads_what_compiling_needs(lab: Lab) -> None:
    fine(lab)
    words = ("-X", "importtime", "-m", "flowc", "runs", "--datastore-root", str(lab.store))

    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)

    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "flowc.history.runs" in loaded
    assert not loaded & {"libcst", "rich", "asyncio", "flowc.driver", "yaml"}


def test_runs_show_their_tags_and_origin(lab: Lab) -> None:
    lab.write(FAILING)
    flowc(lab, "run", str(lab.folder / "flow.py"), "--tag", "nightly", "--tag", "b c")
    flowc(lab, "run", str(lab.folder / "flow.py"), "--resume", "latest", "--tag", "again")

    second, first = json.loads(flowc(lab, "runs", "--format", "json").stdout)

    assert (first["tags"], first["origin"]) == (["b c", "nightly"], None)
    assert (second["tags"], second["origin"]) == (["again"], first["run"])
    both = ("runs", "--tag", "nightly", "--tag")
    (found,) = json.loads(flowc(lab, *both, "b c", "--format", "json").stdout)
    assert found["run"] == first["run"]
    assert json.loads(flowc(lab, *both, "again", "--format", "json").stdout) == []
    assert "b c, nightly" in flowc(lab, "runs").stdout


def test_a_cloned_task_has_the_log_of_its_origin(lab: Lab) -> None:
    lab.write(FAILING)
    flowc(lab, "run", str(lab.folder / "flow.py"))
    flowc(lab, "run", str(lab.folder / "flow.py"), "--resume", "latest")
    flowc(lab, "run", str(lab.folder / "flow.py"), "--resume", "latest")

    assert flowc(lab, "logs", "latest", "start", "--stdout").stdout == "a word\n"
    fit = flowc(lab, "logs", "latest", "fit/t.0", "--stdout")
    assert fit.stdout.startswith("fit 2, attempt")
