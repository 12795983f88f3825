"""The commands in the life of a flow on Airflow, against the servers of both versions."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airflow.installed import PASSWORD, USER
from airflow_deploy.servers import Server
from command_line import CommandLine, Ended

from flowc.deploy.access import Access
from flowc.deploy.airflow.dag_text import version_of
from flowc.deploy.airflow.parsing import Waiting
from flowc.deploy.airflow.server import Server as RestServer
from flowc.errors import EngineError

FLOW = """
import time
from flowc import FlowSpec, Parameter, step

class NAME(FlowSpec):
    alpha = Parameter("alpha", type=float, default=0.5)
    slow = Parameter("slow", type=int, default=0)
    luck = Parameter("luck", type=bool, default=True)

    @step
    def start(self):
        self.items = [1, 2]
        print("alpha is", self.alpha, flush=True)
        time.sleep(self.slow)
        self.next(self.fit, foreach="items")

    @step
    def fit(self):
        if not self.luck:
            raise ValueError("no luck")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

LOOP = """
from flowc import FlowSpec, step

class NAME(FlowSpec):
    @step
    def start(self):
        self.n = 0
        self.next(self.fit)

    @step
    def fit(self):
        self.n += 1
        self.next(self.check)

    @step
    def check(self):
        self.more = "yes" if self.n < 2 else "no"
        self.next({"yes": self.fit, "no": self.end}, condition="more")

    @step
    def end(self):
        print("rounds:", self.n)
"""


@dataclass
class Deployer:
    """Deploys one flow, of a name of its own, and asks of it."""

    run: CommandLine
    server: Server
    name: str

    @property
    def file(self) -> Path:
        return self.server.dags / f"{self.name}.py"

    def write(self, text: str) -> None:
        Path("flow.py").write_text(text.replace("NAME", self.name))

    def change(self, old: str, new: str) -> None:
        text = Path("flow.py").read_text()
        assert old in text
        Path("flow.py").write_text(text.replace(old, new))

    def deploy(self, *words: str) -> Ended:
        compute = ("--target", "airflow", "--compute", "worker")
        return self.run("deploy", "flow.py", *compute, "--yes", "--output", "json", *words)

    def deployed(self, *words: str) -> dict[str, str]:
        """Deploy, which goes well; the action of each resource, by its kind and the end of it."""
        done = self.deploy(*words)
        assert done.code == 0, done.stderr
        return {
            f"{each['kind']} {each['name'].partition(' in ')[0]}": each["action"]
            for each in json.loads(done.stdout)["resources"]
            if each["kind"] != "version"
        }

    def asked(self, command: str, *words: str) -> Any:
        done = self.run(command, "flow.py", *words, "--target", "airflow", "--output", "json")
        assert done.code == 0, done.stderr
        return json.loads(done.stdout)

    def dag(self, name: str = "") -> Any:
        return self.server.ask("GET", f"dags/{name or self.name}")

    def until(self, holds: Callable[[Any], bool]) -> Any:
        """How the newest run is once something holds of it."""
        for _ in range(240):
            found = self.asked("status", "latest")
            if holds(found):
                return found
            time.sleep(0.5)
        raise AssertionError(found)


@pytest.fixture
def flow(
    request: pytest.FixtureRequest,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Deployer]:
    """A flow of the test's own name, which goes away with it."""
    code = tmp_path / "code"
    code.mkdir()
    monkeypatch.chdir(code)
    monkeypatch.delenv("FLOWC_AIRFLOW_TOKEN", raising=False)
    monkeypatch.setenv("FLOWC_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("FLOWC_AIRFLOW_URL", server.url)
    monkeypatch.setenv("FLOWC_AIRFLOW_USER", USER)
    monkeypatch.setenv("FLOWC_AIRFLOW_PASSWORD", PASSWORD)
    monkeypatch.setenv("FLOWC_DAGS", str(server.dags))
    monkeypatch.setenv("FLOWC_AIRFLOW_TIMEOUT", "90")
    words = re.split(r"\W|_", request.node.name.partition("[")[0].removeprefix("test_"))
    deployer = Deployer(CommandLine(monkeypatch, capsys), server, "".join(map(str.title, words)))
    deployer.write(FLOW)
    yield deployer
    deployer.file.unlink(missing_ok=True)


def test_a_flow_is_deployed_changed_and_taken_back(flow: Deployer) -> None:
    file, dag = f"DAG file {flow.name}.py", f"DAG {flow.name}"
    assert flow.deployed() == {file: "create", dag: "create"}
    assert flow.dag()["is_paused"] is False
    assert flow.deployed() == {file: "unchanged", dag: "unchanged"}
    first = flow.file.read_text()

    flow.server.ask("PATCH", f"dags/{flow.name}", {"is_paused": True})
    flow.change("alpha is", "alpha was")
    assert flow.deployed() == {file: "update", dag: "update"}
    assert flow.dag()["is_paused"] is True

    flow.file.write_text(f"{flow.file.read_text()}\n# edited\n")
    flow.change("alpha was", "alpha has been")
    refused = flow.deploy()
    assert refused.code == 1
    assert "was changed by somebody since it was deployed; undo that by --force" in refused.stderr
    assert "# edited" in flow.file.read_text()
    assert flow.deployed("--force", "--unpause")[dag] == "update"
    assert flow.dag()["is_paused"] is False

    versions = flow.asked("versions")
    assert [each["live"] for each in versions] == [True, False, False]
    flow.asked("rollback", "--to", versions[-1]["version"])
    assert flow.file.read_text() == first
    assert [each["live"] for each in flow.asked("versions")] == [False, False, True]


def test_a_run_is_started_followed_and_read(flow: Deployer) -> None:
    flow.deployed()

    done = flow.run("trigger", "flow.py", "--alpha", "2", "--wait", "--target", "airflow")
    assert done.code == 0, done.stderr
    assert f"{flow.name} airflow-" in done.stdout
    assert re.search(r"fit +2/2", done.stdout)

    (run,) = flow.asked("status")
    assert run["state"] == "finished"
    logs = flow.run("logs", f"{flow.name}/latest", "start", "--target", "airflow")
    assert logs.stdout == "alpha is 2.0\n"

    failed = flow.run("trigger", flow.name, "--luck", "no", "--wait", "--target", "airflow")
    assert failed.code == 1
    assert "fit/t.0 failed, after 1 attempt" in failed.stdout
    assert re.search(r"flow.py:\d+ in fit: ValueError: no luck", failed.stdout)
    assert flow.asked("status")[0]["state"] == "failed"
    logs = flow.run("logs", f"{flow.name}/latest", "--failed", "--target", "airflow")
    assert "fit/t.1 │ ValueError: no luck" in logs.stdout

    flow.change('raise ValueError("no luck")', 'print("never mind")')
    flow.deployed()
    resumed = flow.run("trigger", flow.name, "--origin", "latest", "--wait", "--target", "airflow")
    assert resumed.code == 0, resumed.stderr
    logs = flow.run("logs", f"{flow.name}/latest", "fit/t.1", "--target", "airflow")
    assert logs.stdout == "never mind\n"


def test_a_run_is_stopped(flow: Deployer) -> None:
    flow.deployed()
    flow.asked("trigger", "--slow", "300")
    flow.until(lambda run: any(step["running"] for step in run["steps"]))

    stopped = flow.run("stop", "flow.py", "latest", "--target", "airflow")

    assert stopped.code == 0, stopped.stderr
    assert "is stopped, and 1 job of it" in stopped.stderr
    run = flow.asked("status", "latest")
    assert run["state"] == "stopped"
    assert "with `flowc stop`" in run["cause"]


def test_a_loop_has_a_dag_of_its_own_that_is_never_paused(flow: Deployer) -> None:
    flow.write(LOOP)
    loop = f"{flow.name}.check"

    assert flow.deployed("--paused")[f"DAG {loop}"] == "create"
    assert flow.dag()["is_paused"] is True
    assert flow.dag(loop)["is_paused"] is False
    refused = flow.run("trigger", "flow.py", "--target", "airflow")
    assert f"the DAG `{flow.name}` is paused" in refused.stderr


def test_what_a_parameter_cannot_be_is_told(flow: Deployer) -> None:
    flow.deployed()

    wrong = flow.run("trigger", flow.name, "--alpha", "two", "--target", "airflow")
    assert wrong.code == 2
    assert "--alpha must be of type number, which `two` is not" in wrong.stderr
    unknown = flow.run("trigger", flow.name, "--beta", "2", "--target", "airflow")
    assert f"`{flow.name}` has no parameter `--beta`; it has `--alpha`" in unknown.stderr


def test_a_file_that_cannot_be_imported_is_told(flow: Deployer) -> None:
    flow.deployed()
    # A flow's own file imports what each Airflow has, so this one is no flow's.
    broken = flow.file.read_text().replace("import json\n", "import no_such_module\n", 1)
    access = Access(seconds=60)
    waiting = Waiting(RestServer(flow.server.url), access, flow.file.name, version_of(broken))

    flow.file.write_text(broken)

    with pytest.raises(EngineError, match=r"cannot import [\s\S]*No module named 'no_such_module'"):
        waiting.for_dag(flow.name)


def test_a_dag_that_never_appears_is_told_with_what_to_look_at(
    flow: Deployer, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    done = flow.deploy("--dags", str(elsewhere), "--timeout", "2")

    assert done.code == 2
    assert "has not read this version of the DAG" in done.stderr
    assert "flowc: what is done stays; deploy again to do the rest" in done.stderr
    assert (elsewhere / flow.file.name).exists()


def test_who_may_not_is_told_so(flow: Deployer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_AIRFLOW_PASSWORD", "wrong")
    done = flow.deploy()
    assert done.code == 2
    assert f"`{USER}`" in done.stderr
    assert "password" in done.stderr

    monkeypatch.delenv("FLOWC_AIRFLOW_USER")
    monkeypatch.delenv("FLOWC_AIRFLOW_PASSWORD")
    done = flow.deploy()
    assert "wants to know who asks: set FLOWC_AIRFLOW_TOKEN, or FLOWC_AIRFLOW_USER" in done.stderr
    monkeypatch.setenv("FLOWC_AIRFLOW_TOKEN", "wrong")
    done = flow.deploy()
    assert done.code == 2
    assert "FLOWC_AIRFLOW_TOKEN" in done.stderr
    assert list(flow.server.dags.glob(flow.file.name)) == []


def test_a_token_that_has_expired_is_told_so(
    flow: Deployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if flow.server.is_second:
        pytest.skip("Airflow 2 gives no tokens")
    monkeypatch.setenv("FLOWC_AIRFLOW_TOKEN", flow.server.token(is_short=True))
    time.sleep(2.5)

    done = flow.deploy()

    assert done.code == 2
    assert "the token in FLOWC_AIRFLOW_TOKEN expired at 20" in done.stderr


def test_a_token_will_do(flow: Deployer, monkeypatch: pytest.MonkeyPatch) -> None:
    if flow.server.is_second:
        pytest.skip("Airflow 2 gives no tokens")
    monkeypatch.setenv("FLOWC_AIRFLOW_TOKEN", flow.server.token())
    monkeypatch.setenv("FLOWC_AIRFLOW_PASSWORD", "wrong")

    assert flow.deployed("--dry-run")[f"DAG {flow.name}"] == "create"


def test_what_is_not_there_is_told(flow: Deployer) -> None:
    done = flow.run("status", "NoSuchFlow", "--target", "airflow")
    assert done.code == 2
    assert "no DAG is called `NoSuchFlow`" in done.stderr
    flow.deployed()
    assert "has not run yet" in flow.run("status", "flow.py", "--target", "airflow").stderr
    missing = flow.run("status", "flow.py", "airflow-none", "--target", "airflow")
    assert f"`{flow.name}` has no run `airflow-none`; it has not run yet" in missing.stderr
