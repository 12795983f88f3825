"""Options that stand in `pyproject.toml`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CommandLine, Ended
from package.packed import members

FLOW = """
from flowc import FlowSpec, project, step

@project(name="ml")
class TrainFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
DEPLOY = """
[tool.flowc.deploy]
target = "step-functions"
image = "train:1"
job-queue = "cpu"
datastore-root = "s3://bucket-1/runs"
"""
PRODUCTION = """
[tool.flowc.env.prod]
job-queue = "gpu"
production = true
max-workers = 7
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a flow below it."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "flow.py").write_text(FLOW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def flowc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def settings(text: str, folder: str = ".") -> None:
    Path(folder, "pyproject.toml").write_text(text)


def queue_of(done: Ended) -> str:
    assert done.code == 0, done.stderr
    document = json.loads(done.stdout)
    start = document["stateMachine"]["definition"]["States"]["start"]
    queue: str = start["Arguments"]["JobQueue"]
    return queue


COMPILE = ("compile", "flows/flow.py")


def test_options_stand_in_the_nearest_file(flowc: CommandLine) -> None:
    settings(DEPLOY)
    assert queue_of(flowc(*COMPILE)) == "cpu"

    settings(DEPLOY.replace("cpu", "near"), "flows")
    assert queue_of(flowc("compile", "flows/flow.py:TrainFlow")) == "near"


def test_an_environment_comes_before_what_is_for_all(
    flowc: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(DEPLOY + PRODUCTION)

    assert queue_of(flowc(*COMPILE)) == "cpu"
    assert queue_of(flowc(*COMPILE, "--env", "prod")) == "gpu"
    monkeypatch.setenv("FLOWC_ENV", "prod")
    assert queue_of(flowc(*COMPILE)) == "gpu"


def test_the_command_line_comes_before_variables_and_these_before_the_file(
    flowc: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(DEPLOY)
    monkeypatch.setenv("FLOWC_JOB_QUEUE", "ours")

    assert queue_of(flowc(*COMPILE)) == "ours"
    assert queue_of(flowc(*COMPILE, "--job-queue", "mine")) == "mine"


def test_other_commands_take_what_they_have_an_option_for(flowc: CommandLine, folder: Path) -> None:
    settings(DEPLOY + PRODUCTION)

    done = flowc("package", "build", "flows/flow.py", "-o", "a.tgz", "--env", "prod")

    assert done.code == 0, done.stderr
    plan = json.loads(members(Path("a.tgz").read_bytes())["plan.json"])
    assert plan["project"]["production"]
    # An image for steps is no wish for a Dockerfile.
    assert not list(folder.glob("*Dockerfile"))


def test_a_project_that_says_nothing_changes_nothing(flowc: CommandLine) -> None:
    settings("[tool.ruff]\nline-length = 9\n")

    assert "WorkflowTemplate" in flowc(*COMPILE, "--image", "a").stdout


TABLE = "[tool.flowc.deploy] in pyproject.toml"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("job-queu = 'a'", f"{TABLE} knows no `job-queu`; is it `job-queue`?"),
        ("zzz = 1", f"{TABLE} knows no `zzz`; there are airflow-url, branch, "),
        ("job-queue = 1", f"`job-queue` of {TABLE} must be a text"),
        ("max-workers = true", f"`max-workers` of {TABLE} must be a whole number"),
        ("production = 'yes'", f"`production` of {TABLE} must be true or false"),
        ("max-workers = 0", f"`max-workers` of {TABLE}: 0 is not in the range"),
    ],
)
def test_a_wrong_option_is_told_by_the_file(flowc: CommandLine, option: str, message: str) -> None:
    settings(f"[tool.flowc.deploy]\n{option}")

    done = flowc(*COMPILE)

    assert done.code == 2
    assert message in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tool.flowc.deploy = 1", f"{TABLE} must be a table"),
        ("tool.flowc = 1", "[tool.flowc] in pyproject.toml must be a table"),
        ("flowc =", "cannot read pyproject.toml: "),
    ],
)
def test_a_wrong_file_is_told(flowc: CommandLine, text: str, message: str) -> None:
    settings(text)

    done = flowc(*COMPILE)

    assert done.code == 2
    assert message in done.stderr


def test_an_environment_that_no_file_knows_is_told(flowc: CommandLine) -> None:
    nowhere = flowc(*COMPILE, "--env", "prod")
    assert "--env prod: no pyproject.toml says what that is" in nowhere.stderr

    settings(DEPLOY + PRODUCTION)
    other = flowc(*COMPILE, "--env", "test")
    assert other.code == 2
    assert "--env test: pyproject.toml has prod in [tool.flowc.env]" in other.stderr
