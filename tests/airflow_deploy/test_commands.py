"""The commands where no server is asked, and where what answers is not Airflow."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow_deploy.checkouts import Repository
from airflow_deploy.stand_in import Airflow, Fault
from command_line import CommandLine

if TYPE_CHECKING:
    from object_servers import Gcs
    from s3_server import Server

FLOW = """
from flowc import FlowSpec, step

class TrainFlow(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.end)

    @step
    def end(self):
        pass
"""
DEPLOY = ("deploy", "flow.py", "--target", "airflow", "--compute", "worker", "--yes")


@pytest.fixture
def flowc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """Runs a command in a folder with a flow, whose store is another."""
    code = tmp_path / "code"
    code.mkdir()
    monkeypatch.chdir(code)
    for name in ("AIRFLOW_URL", "AIRFLOW_TOKEN", "AIRFLOW_USER", "AIRFLOW_PASSWORD", "DAGS"):
        monkeypatch.delenv(f"FLOWC_{name}", raising=False)
    monkeypatch.setenv("FLOWC_STORE", str(tmp_path / "store"))
    Path("flow.py").write_text(FLOW)
    return CommandLine(monkeypatch, capsys)


def change() -> None:
    Path("flow.py").write_text(FLOW.replace("self.x = 1", "self.x = 2"))


def test_a_file_is_put_and_taken_back(flowc: CommandLine, dags: Path) -> None:
    place = ("--dags", str(dags))
    done = flowc(*DEPLOY, *place)
    assert done.code == 0, done.stderr
    assert "without --airflow-url the DAG file is put" in done.stderr
    first = (dags / "TrainFlow.py").read_text()
    assert "nothing to do" in flowc(*DEPLOY, *place).stdout

    change()
    done = flowc(*DEPLOY, *place)
    back = next(line for line in done.stdout.splitlines() if "back: " in line)
    assert (dags / "TrainFlow.py").read_text() != first
    words = back.partition("back: flowc ")[2].split()
    assert flowc(*words).code == 0
    assert (dags / "TrainFlow.py").read_text() == first

    listed = flowc("versions", "TrainFlow", "--target", "airflow", *place, "--output", "json")
    assert [each["live"] for each in json.loads(listed.stdout)] == [False, True]


def test_a_store_and_a_folder_may_be_buckets(flowc: CommandLine, s3: Server) -> None:
    bucket = s3.bucket()
    places = ("--dags", f"s3://{bucket}/dags", "--datastore-root", f"s3://{bucket}/runs")

    done = flowc(*DEPLOY, *places)

    assert done.code == 0, done.stderr
    assert s3.keys(bucket, "dags") == ["dags/TrainFlow.py"]
    assert f'STORE = "s3://{bucket}/runs"'.encode() in s3.get(bucket, "dags/TrainFlow.py")
    assert "nothing to do" in flowc(*DEPLOY, *places).stdout


def test_a_folder_may_be_a_bucket_of_google(flowc: CommandLine, gcs: Gcs) -> None:
    place = ("--dags", f"{gcs.bucket()}/dags")

    assert flowc(*DEPLOY, *place).code == 0
    assert "nothing to do" in flowc(*DEPLOY, *place).stdout


def test_a_folder_may_be_a_checkout(
    flowc: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("CONFIG_GLOBAL", "/dev/null"), ("AUTHOR_NAME", "t"), ("AUTHOR_EMAIL", "t")):
        monkeypatch.setenv(f"GIT_{name}", text)
    monkeypatch.setenv("GIT_COMMITTER_NAME", "t")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "t")
    subprocess.run(["git", "init", "-q", tmp_path / "checkout"], check=True)
    place = ("--dags", f"git+file://{tmp_path}/checkout")

    done = flowc(*DEPLOY, *place)
    assert done.code == 0, done.stderr
    assert "nothing to do" in flowc(*DEPLOY, *place).stdout
    log = subprocess.run(
        ["git", "-C", tmp_path / "checkout", "log", "--format=%s", "--name-only"],
        check=True,
        capture_output=True,
        text=True,
    )
    subject, _, file = log.stdout.strip().split("\n")
    assert subject.startswith("Deploy TrainFlow with flowc, version ")
    assert file == "TrainFlow.py"


def test_a_file_that_moves_is_removed_for_all_who_pull(
    flowc: CommandLine, repository: Repository, dags: Path
) -> None:
    def there() -> list[str]:
        return repository("ls-tree", "--name-only", "origin/main", "dags/").split()

    assert flowc(*DEPLOY, "--dags", f"git+file://{repository.dags}").code == 0
    done = flowc(*DEPLOY, "--dags", f"git+file://{repository.dags}?push")
    assert done.code == 0, done.stderr
    assert there() == ["dags/TrainFlow.py", "dags/other.py"]

    done = flowc(*DEPLOY, "--dags", str(dags))

    assert done.code == 0, done.stderr
    repository("fetch", "-q")
    assert there() == ["dags/other.py"]
    done = flowc(*DEPLOY, "--dags", str(dags))
    assert "nothing to do" in done.stdout
    change()
    assert flowc(*DEPLOY, "--dags", str(dags)).code == 0


def test_a_project_says_where_all_is(flowc: CommandLine, airflow: Airflow, dags: Path) -> None:
    Path("pyproject.toml").write_text(
        '[tool.flowc.deploy]\ntarget = "airflow"\ncompute = "worker"\ntimeout = 5\n'
        f'airflow-url = "{airflow.url}"\ndags = "{dags}"\n'
        "[tool.flowc.env.prod]\npaused = true\n"
    )

    done = flowc("deploy", "flow.py", "--yes", "--env", "prod")

    assert done.code == 0, done.stderr
    assert airflow.paused == {"TrainFlow": True}
    assert f"{airflow.url}/dags/TrainFlow/grid" in done.stdout
    assert flowc("versions", "flow.py").code == 0
    assert flowc("deploy", "flow.py", "--yes", "--unpause").code == 0
    assert airflow.paused == {"TrainFlow": False}


def test_a_dry_run_writes_nothing(flowc: CommandLine, airflow: Airflow, dags: Path) -> None:
    done = flowc(*DEPLOY, "--dags", str(dags), "--airflow-url", airflow.url, "--dry-run")

    assert done.code == 0, done.stderr
    assert "3 to create" in done.stdout
    assert list(dags.iterdir()) == []
    assert {request.split()[0] for request in airflow.requests} == {"GET"}


def test_nothing_of_a_password_is_kept_or_told(
    flowc: CommandLine,
    airflow: Airflow,
    dags: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLOWC_AIRFLOW_USER", "me")
    monkeypatch.setenv("FLOWC_AIRFLOW_PASSWORD", "s3cret")

    done = flowc(*DEPLOY, "--dags", str(dags), "--airflow-url", airflow.url, "--output", "json")

    assert done.code == 0
    assert "s3cret" not in done.stdout + done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"s3cret" in path.read_bytes()]


def test_policies_mean_nothing_to_airflow(flowc: CommandLine) -> None:
    done = flowc("iam", "flow.py", "--target", "airflow")

    assert done.code == 2
    assert "policies are of AWS, and mean nothing to `airflow`" in done.stderr


@pytest.mark.parametrize("command", ["trigger", "status", "stop"])
def test_runs_need_a_server(flowc: CommandLine, command: str) -> None:
    words = ("latest",) if command == "stop" else ()

    done = flowc(command, "flow.py", *words, "--target", "airflow")

    assert done.code == 2
    assert "say where Airflow's server is: `--airflow-url` or FLOWC_AIRFLOW_URL" in done.stderr


def test_a_place_for_files_must_be_named(flowc: CommandLine) -> None:
    done = flowc(*DEPLOY)

    assert done.code == 2
    assert "say where Airflow finds its DAG files: `--dags`" in done.stderr


def test_a_server_that_is_away_is_told(
    flowc: CommandLine, dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    done = flowc(*DEPLOY, "--dags", str(dags), "--airflow-url", "http://127.0.0.1:9")

    assert done.code == 2
    assert "nobody answers at http://127.0.0.1:9: look at --airflow-url" in done.stderr
    assert list(dags.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, {}, b"<html>"), "is not Airflow"),
        ((200, {}, b'{"status": "ok"}'), "is not Airflow"),
        ((404, {}, b"<html>"), "is not Airflow"),
        ((403, {}, b"<html>"), "wants to know who asks"),
        ((503, {"Retry-After": "0"}, b""), "fails with 503 while asking for its version"),
    ],
)
def test_what_is_not_airflow_is_told(
    flowc: CommandLine, airflow: Airflow, dags: Path, answer: Fault, told: str
) -> None:
    airflow.fault = lambda _number, _heard: answer

    done = flowc(*DEPLOY, "--dags", str(dags), "--airflow-url", airflow.url)

    assert done.code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
