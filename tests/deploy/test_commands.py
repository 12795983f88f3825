"""The commands `deploy`, `versions` and `rollback`, with an engine in memory and a bucket."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import CommandLine
from deploy.engine.deployment import ACCOUNTS, Account
from s3_server import Server

from flowc.deploy import engines
from flowc.deploy.resources import Key

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
MACHINE = Key("machine", "TrainFlow")


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setitem(engines.PACKAGES, "step-functions", "deploy.engine")
    ACCOUNTS.append(Account())
    yield ACCOUNTS[-1]
    ACCOUNTS.pop()


@dataclass(frozen=True)
class Bucket:
    name: str
    server: Server

    def keys(self) -> list[str]:
        found = self.server.client.list_objects_v2(Bucket=self.name).get("Contents", ())
        return [entry["Key"] for entry in found]


@pytest.fixture
def bucket(s3: Server) -> Bucket:
    return Bucket(s3.bucket(), s3)


@pytest.fixture
def flowc(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bucket: Bucket,
) -> CommandLine:
    """Runs a command in a folder with a flow, whose store is a bucket."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWC_STORE", f"s3://{bucket.name}/runs")
    monkeypatch.setenv("FLOWC_JOB_QUEUE", "cpu")
    (tmp_path / "flow.py").write_text(FLOW)

    return CommandLine(monkeypatch, capsys)


DEPLOY = ("deploy", "flow.py", "--image", "python:3.12")


def change(old: str, new: str) -> None:
    Path("flow.py").write_text(Path("flow.py").read_text().replace(old, new))


def test_a_flow_is_deployed(flowc: CommandLine, account: Account, bucket: Bucket) -> None:
    done = flowc(*DEPLOY, "--yes")

    assert done.code == 0, done.stderr
    assert done.stdout.startswith("TrainFlow at account 1:\n  + create  job definition TrainFlow-")
    assert "  + upload  code package TrainFlow/_flowc/packages/" in done.stdout
    assert "deployed TrainFlow: 2 created\n  https://console.example/TrainFlow\n" in done.stdout
    assert "back:" not in done.stdout
    assert done.stderr.endswith("created machine TrainFlow\n")
    assert MACHINE in account.cloud.live
    record, package = bucket.keys()
    assert record == "runs/TrainFlow/_flowc/deployments/step-functions/TrainFlow.json"
    assert re.fullmatch(r"runs/TrainFlow/_flowc/packages/[0-9a-f]{16}\.flowc\.tar\.gz", package)


def test_nothing_is_done_twice(flowc: CommandLine, account: Account) -> None:
    flowc(*DEPLOY, "--yes")
    account.cloud.log.clear()

    done = flowc(*DEPLOY)

    assert done.code == 0
    assert done.stdout.endswith("2 unchanged\nnothing to do: all is as wanted\n")
    assert not account.cloud.log


def test_a_program_gets_one_object(flowc: CommandLine) -> None:
    flowc(*DEPLOY, "--yes")
    change("self.x = 1", "self.x = 2")

    planned = json.loads(flowc(*DEPLOY, "--dry-run", "--output", "json").stdout)
    done = json.loads(flowc(*DEPLOY, "--yes", "--output", "json").stdout)
    again = json.loads(flowc(*DEPLOY, "--yes", "--output", "json").stdout)

    assert (planned["status"], done["status"], again["status"]) == (
        "planned",
        "deployed",
        "unchanged",
    )
    assert planned["deployment"] == "TrainFlow"
    assert planned["package"]["upload"]


def test_a_dry_run_writes_nothing(flowc: CommandLine, account: Account, bucket: Bucket) -> None:
    done = flowc(*DEPLOY, "--dry-run")

    assert done.code == 0
    assert "2 to create\n" in done.stdout
    assert not account.cloud.log
    assert not bucket.keys()


def test_nothing_is_done_where_nobody_can_be_asked(flowc: CommandLine, account: Account) -> None:
    done = flowc(*DEPLOY)

    assert done.code == 2
    assert "2 to create\n" in done.stdout
    assert "say `--yes`" in done.stderr
    assert not account.cloud.log


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1)])
def test_whoever_is_there_is_asked(
    flowc: CommandLine, account: Account, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

    monkeypatch.setattr(sys, "stdin", Terminal())

    done = flowc(*DEPLOY)

    assert done.code == code
    assert "Go on? [y/N]" in done.stderr
    assert bool(account.cloud.log) is (code == 0)


def test_what_somebody_has_changed_is_refused(flowc: CommandLine, account: Account) -> None:
    flowc(*DEPLOY, "--yes")
    by_hand = {**account.cloud.live[MACHINE].body, "type": "EXPRESS"}
    account.cloud.put(MACHINE, by_hand, "TrainFlow")

    refused = flowc(*DEPLOY, "--yes", "--output", "json")
    assert refused.code == 1
    assert json.loads(refused.stdout)["status"] == "refused"
    assert "machine TrainFlow was changed by somebody" in refused.stderr

    assert flowc(*DEPLOY, "--yes", "--force").code == 0


def test_another_store_is_refused_unless_forced(flowc: CommandLine, account: Account) -> None:
    flowc(*DEPLOY, "--yes")
    account.cloud.log.clear()
    account.store = f"{os.environ['FLOWC_STORE']}/"
    assert flowc(*DEPLOY, "--yes").code == 0
    account.store = "s3://before/runs"

    refused = flowc(*DEPLOY, "--yes", "--output", "json")
    forced = flowc(*DEPLOY, "--yes", "--force")

    assert refused.code == 2
    assert json.loads(refused.stdout)["status"] == "failed"
    assert refused.stderr.startswith(
        "flowc: error: `TrainFlow` was deployed with the store s3://before/runs, which has its "
        f"record, and not with {os.environ['FLOWC_STORE']}: pass"
    )
    assert refused.stderr.count("\n") == 1
    assert not account.cloud.log
    assert forced.code == 0


def test_what_the_engine_says_against_it_is_told(flowc: CommandLine, account: Account) -> None:
    account.problems.append("state `fit`: no such thing")

    done = flowc(*DEPLOY, "--yes")

    assert done.code == 1
    assert done.stderr.endswith("flowc: state `fit`: no such thing\n")
    assert not account.cloud.log


def test_findings_of_the_target_come_first(flowc: CommandLine, account: Account) -> None:
    done = flowc("deploy", "flow.py", "--yes")

    assert done.code == 1
    assert "flow.py:4:7: FC641 " in done.stderr
    assert not account.cloud.log


def test_what_must_not_be_packed_is_told(flowc: CommandLine, account: Account) -> None:
    Path(".env").touch()

    done = flowc(*DEPLOY, "--yes")

    assert done.code == 1
    assert done.stderr.startswith(".env:1:1: FC050 ")
    assert not account.cloud.log
    assert flowc(*DEPLOY, "--yes", "--no-package").code == 0
    Path("pyproject.toml").write_text("[tool.flowc.deploy]\npackage = false\n")
    assert flowc(*DEPLOY, "--yes").stdout.endswith("nothing to do: all is as wanted\n")


def test_a_failure_half_way_is_told_and_completed(flowc: CommandLine, account: Account) -> None:
    account.cloud.denied = {MACHINE}

    failed = flowc(*DEPLOY, "--yes", "--output", "json")
    found = json.loads(failed.stdout)
    assert failed.code == 2
    assert (found["status"], found["error"]) == ("failed", "machine TrainFlow: denied")
    assert [entry.get("state") for entry in found["resources"]] == ["done", None]
    assert failed.stderr.endswith(
        "deploy again to do the rest\nflowc: error: machine TrainFlow: denied\n"
    )

    account.cloud.denied = set()
    done = flowc(*DEPLOY, "--yes")
    assert done.code == 0
    assert "deployed TrainFlow: 1 created, 1 unchanged\n" in done.stdout


def test_a_program_is_told_what_failed_at_once(flowc: CommandLine, account: Account) -> None:
    account.refusal = "denied"

    done = flowc(*DEPLOY, "--yes", "--output", "json")

    assert done.code == 2
    assert json.loads(done.stdout)["error"] == "denied"
    assert done.stderr == "flowc: error: denied\n"


def test_a_rollback_goes_to_the_version_before_and_is_no_drift(
    flowc: CommandLine, account: Account
) -> None:
    flowc(*DEPLOY, "--yes")
    changed = ("deploy", "flow.py", "--image", "python:3.13", "--yes")
    done = flowc(*changed)
    store = os.environ["FLOWC_STORE"]
    assert f"  back: flowc rollback TrainFlow --datastore-root {store}\n" in done.stdout
    assert account.live == "2"

    back = flowc("rollback", "TrainFlow", "--datastore-root", store)
    assert (back.code, account.live) == (0, "1")
    assert back.stdout == "version 1 of TrainFlow is live (deploy 1)\n"
    listed = json.loads(flowc("versions", "flow.py", "--output", "json").stdout)
    assert [(entry["version"], entry["live"]) for entry in listed] == [("2", False), ("1", True)]
    line = r"(?m)^1 +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d  live  deploy 1$"
    assert re.search(line, flowc("versions", "flow.py").stdout)

    again = flowc(*changed)
    assert again.code == 0
    assert '  alias: "1" → "current"\n' in again.stdout
    assert account.live == "3"


def test_a_rollback_to_what_is_not_there_is_told(flowc: CommandLine) -> None:
    assert "there is no version of `TrainFlow` to go back to" in flowc("rollback", "flow.py").stderr
    for words in ((), ("--output", "json")):
        nothing = flowc("versions", "flow.py", *words)
        assert (nothing.code, nothing.stdout) == (2, "")
        assert nothing.stderr == (
            "flowc: error: step-functions has no version of `TrainFlow`; `flowc deploy` makes one\n"
        )
    flowc(*DEPLOY, "--yes")

    assert (
        "version 1 of `TrainFlow` is live, and none was before"
        in flowc("rollback", "flow.py").stderr
    )
    wrong = flowc("rollback", "flow.py", "--to", "9")
    assert wrong.code == 2
    assert "there is no version 9" in wrong.stderr


def test_a_rollback_goes_to_what_was_live_before(flowc: CommandLine, account: Account) -> None:
    def deploy(version: int) -> str:
        return flowc("deploy", "flow.py", "--image", f"python:3.{version}", "--yes").stdout

    def back(*words: str) -> str:
        assert flowc("rollback", "flow.py", *words).code == 0
        return account.live

    for version in (10, 11, 12):
        deploy(version)
    assert back() == "2"
    assert "back: " in deploy(13)
    assert account.live == "4"

    assert back() == "2"
    assert back() == "1"
    assert flowc("rollback", "flow.py").code == 2
    assert back("--to", "3") == "3"
    assert back() == "1"


def test_a_rollback_by_name_is_on_record(flowc: CommandLine, account: Account) -> None:
    nightly = ("--name", "nightly", "--yes")
    for image in ("python:3.12", "python:3.13"):
        assert flowc("deploy", "flow.py", "--image", image, *nightly).code == 0

    assert flowc("rollback", "nightly").code == 0

    assert account.live == "1"
    assert flowc("deploy", "flow.py", "--image", "python:3.13", *nightly).code == 0


def test_a_rollback_needs_the_store_with_the_record(flowc: CommandLine, account: Account) -> None:
    account.store = os.environ["FLOWC_STORE"]
    for image in ("python:3.12", "python:3.13"):
        flowc("deploy", "flow.py", "--image", image, "--yes")

    elsewhere = flowc("rollback", "TrainFlow", "--datastore-root", f"{account.store}-of-others")

    assert (elsewhere.code, account.live) == (2, "2")
    assert elsewhere.stderr == (
        f"flowc: error: {account.store}-of-others has no record of `TrainFlow`, so nothing was "
        "done; pass the store that it was deployed with: "
        f"`--datastore-root {account.store}`\n"
    )


def test_a_deployment_is_found_by_its_name(flowc: CommandLine) -> None:
    named = flowc("versions", "flow.py", "--name", "nightly")
    assert "has no version of `nightly`" in named.stderr
    change("class", "from flowc import project\n\n@project(name='ml')\nclass")
    of_branch = flowc("versions", "flow.py", "--branch", "fast")
    assert "has no version of `ml.test.fast.TrainFlow`" in of_branch.stderr
    assert "`no/such` is no file" in flowc("versions", "no/such").stderr
    production = flowc("versions", "ml.prod.TrainFlow")
    assert "has no version of `ml.prod.TrainFlow`" in production.stderr


def test_a_projects_file_says_which_deployment_of_a_flow_is_meant(flowc: CommandLine) -> None:
    Path("pyproject.toml").write_text('[tool.flowc.deploy]\nname = "nightly"\nproduction = true\n')
    change("class", "from flowc import project\n\n@project(name='ml')\nclass")

    assert "has no version of `nightly`" in flowc("versions", "flow.py").stderr
    assert "has no version of `daily`" in flowc("versions", "flow.py", "--name", "daily").stderr
    assert "has no version of `TrainFlow`" in flowc("versions", "TrainFlow").stderr


def test_other_targets_are_refused(flowc: CommandLine) -> None:
    done = flowc("deploy", "flow.py", "--target", "argo")

    assert done.code == 2
    assert "flowc does not deploy to `argo`; it does to `airflow`, `step-functions`" in done.stderr


def test_a_store_that_is_not_there_is_told_in_a_line(
    flowc: CommandLine, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWC_STORE", "s3://bucket-of-nobody/runs")

    done = flowc(*DEPLOY, "--yes")

    assert done.code == 2
    assert "flowc: error: " in done.stderr
    assert "bucket-of-nobody" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not account.cloud.log
