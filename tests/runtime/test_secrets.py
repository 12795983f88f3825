"""`@secrets`: where variables come from, that nothing keeps them, and what is told without them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from runtime.test_s3_failures import Answer, answering
from s3_server import settings

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.conftest import Project
    from s3_server import Server

VALUE = "open-sesame"
STEP = """
    @secrets(sources=[])
    @step
    def start(self):
        import os
        self.found = {name: len(os.environ[name]) for name in NAMES if name in os.environ}
        self.next(self.end)

    @step
    def end(self):
        import os
        self.left = [name for name in NAMES if name in os.environ]
"""


def write(project: Project, *names: str, **secrets: Any) -> None:
    header = f"from flowc import *\n\nNAMES = {names!r}\n"
    project.linear(STEP, "start", "end", header=header, secrets=secrets)


def source(id_: str, kind: str = "aws-secrets-manager", **entry: Any) -> dict[str, Any]:
    return {"id": id_, "type": kind, **entry}


@pytest.fixture
def aws(s3: Server) -> Any:  # noqa: ARG001 (it sets the environment)
    """AWS Secrets Manager, in an environment where boto3 finds it."""
    client = boto3.client("secretsmanager")
    yield client
    for each in client.list_secrets()["SecretList"]:
        client.delete_secret(SecretId=each["ARN"], ForceDeleteWithoutRecovery=True)
    client.close()


def test_keys_of_a_json_object_are_variables(project: Project, aws: Any) -> None:
    aws.create_secret(Name="db", SecretString=json.dumps({"db-user": "ada", "db.key/1": 12345}))
    write(project, "db_user", "db_key_1", sources=[source("db")])

    assert project.run() == ["start t", "end t"]
    assert project.artifact("found", "start") == {"db_user": 3, "db_key_1": 5}
    assert project.artifact("left", "end") == []


def test_a_text_is_one_variable(project: Project, aws: Any) -> None:
    aws.create_secret(Name="a/key", SecretString="one")
    named = source("a/key", options={"json": False, "env_var_name": "KEY"})
    write(project, "a_key", "KEY", sources=[source("a/key", options={"json": False}), named])

    done = project.step("start")

    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"a_key": 3, "KEY": 3}


def test_bytes_are_a_variable_in_base64(project: Project, aws: Any) -> None:
    aws.create_secret(Name="blob", SecretBinary=b"\0\1\2")
    write(project, "blob", sources=[source("blob")])

    done = project.step("start")

    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"blob": 4}


@pytest.mark.usefixtures("aws")
def test_regions_hold_secrets_of_their_own(project: Project) -> None:
    there = boto3.client("secretsmanager", region_name="eu-west-1")
    arn = there.create_secret(Name="far", SecretString='{"FAR": "1"}')["ARN"]
    try:
        for each in (source("far", options={"region": "eu-west-1"}), source(arn)):
            write(project, "FAR", sources=[each])
            assert project.step("start").returncode == 0
        write(project, "FAR", sources=[source("far")])
        assert project.step("start").returncode == 64
    finally:
        there.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
        there.close()


def test_a_role_is_taken_on(project: Project, aws: Any) -> None:
    aws.create_secret(Name="db", SecretString='{"A": "1"}')
    write(project, "A", sources=[source("db")], role="arn:aws:iam::123456789012:role/reader")
    assert project.step("start").returncode == 0

    write(project, "A", sources=[source("db", role="no role")], role="arn:aws:iam::1:role/x")
    done = project.step("start")

    assert (done.returncode, done.stderr.count("\n")) == (64, 1), done.stderr


def test_the_default_backend_is_a_setting(project: Project, aws: Any) -> None:
    aws.create_secret(Name="db", SecretString='{"A": "1"}')
    write(project, "A", sources=[{"id": "db"}])

    told = project.step("start")
    done = project.step("start", METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE="aws-secrets-manager")

    assert (told.returncode, done.returncode) == (64, 0), done.stderr
    assert "secret `db` of step `start`: nothing says where it is kept; set" in told.stderr


@pytest.mark.parametrize(
    ("secret", "options", "why"),
    [
        (None, {}, "ResourceNotFoundException"),
        ("not json", {}, "what it holds is no JSON; for a text"),
        ('["a"]', {}, "what it holds is JSON, but no object"),
        ('{"a.b": "1", "a-b": "2"}', {}, "two of its keys make the variable `a_b`"),
        ('{"1a": "1"}', {}, "`1a` cannot be the name of a variable"),
        ('{"METAFLOW_USER": "1"}', {}, "`METAFLOW_USER` is a variable of Metaflow's own"),
        ('{"HOME": "1"}', {}, "variable `HOME` is already set; take it away, or allow it"),
    ],
)
def test_what_no_attempt_can_mend_is_refused_in_one_line(
    project: Project, aws: Any, secret: str | None, options: Any, why: str
) -> None:
    if secret is not None:
        aws.create_secret(Name="db", SecretString=secret)
    write(project, "A", sources=[source("db", options=options)])

    done = project.step("start")

    assert (done.returncode, done.stderr.count("\n")) == (64, 1), done.stderr
    assert f"secret `db` of step `start`: {why}" in done.stderr.replace(
        "AWS Secrets Manager answers ", ""
    )
    assert project.record("done", "start") is None


def test_secrets_may_replace_variables_where_that_is_allowed(project: Project, aws: Any) -> None:
    aws.create_secret(Name="db", SecretString='{"TAKEN": "longer"}')
    write(project, "TAKEN", sources=[source("db")], override=True)

    done = project.step("start", TAKEN="1")

    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"TAKEN": 6}


def test_two_secrets_with_one_variable_are_refused(project: Project, aws: Any) -> None:
    for name in ("one", "two"):
        aws.create_secret(Name=name, SecretString='{"SAME": "1"}')
    write(project, "SAME", sources=[source("one"), source("two")], override=True)

    done = project.step("start")

    assert done.returncode == 64
    assert "secret `two` of step `start`: `SAME` also comes from secret `one`" in done.stderr


def test_a_service_that_is_not_reached_may_be_later(project: Project) -> None:
    write(project, "A", sources=[source("db")])

    environment = {**settings("http://key:s3cret@127.0.0.1:9"), "AWS_MAX_ATTEMPTS": "1"}
    done = project.step("start", **environment)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "AWS Secrets Manager cannot be reached" in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize(
    ("status", "code", "exit_code", "why"),
    [
        (400, "AccessDeniedException", 64, "; allow `secretsmanager:GetSecretValue`"),
        (400, "DecryptionFailure", 64, "answers DecryptionFailure: said so"),
        (400, "ThrottlingException", 1, "answers with an error (ThrottlingException: said so)"),
        (500, "InternalServiceError", 1, "answers with an error (InternalServiceError: said so)"),
    ],
)
def test_only_what_may_mend_itself_is_tried_again(
    project: Project, status: int, code: str, exit_code: int, why: str
) -> None:
    write(project, "A", sources=[source("db")])
    body = json.dumps({"__type": code, "message": "said\nso"}).encode()

    with answering(Answer(status, body=body)) as (url, _):
        done = project.step("start", **{**settings(url), "AWS_MAX_ATTEMPTS": "1"})

    assert (done.returncode, done.stderr.count("\n")) == (exit_code, 1), done.stderr
    assert why in done.stderr


def test_no_credentials_are_told(project: Project) -> None:
    write(project, "A", sources=[source("db")])
    empty = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

    done = project.step("start", **{**settings("http://127.0.0.1:9"), **empty})

    assert (done.returncode, done.stderr.count("\n")) == (64, 1), done.stderr
    assert "there are no credentials for AWS" in done.stderr


def test_boto3_is_asked_for_where_it_is_missing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("raise ModuleNotFoundError(name='boto3')")
    write(project, "A", sources=[source("db")])

    done = project.step("start", PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))

    assert done.returncode == 64
    assert "secret `db` of step `start`: there is no module `boto3`; install boto3" in done.stderr


def test_variables_must_be_there(project: Project) -> None:
    write(
        project, "A", "B", sources=[source("db", "environment", options={"variables": ["A", "B"]})]
    )

    told = project.step("start", A="1")
    done = project.step("start", A="1", B="22")

    assert (told.returncode, told.stderr.count("\n")) == (64, 1)
    assert "secret `db` of step `start`: variable `B` is not set; set it in" in told.stderr
    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"A": 1, "B": 2}


def test_a_variable_can_have_another_name(project: Project) -> None:
    renamed = source("A", "environment", options={"env_var_name": "B"})
    write(project, "A", "B", sources=[renamed])

    done = project.step("start", A="333")

    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"A": 3, "B": 3}


def test_a_file_holds_variables_for_the_steps_that_ask(project: Project, tmp_path: Path) -> None:
    lines = ("# A=9", "", "export A = 1", "B='two words'", 'C="=x"', "OTHER=1", "=", "odd")
    (tmp_path / "local.env").write_text("\n".join(lines))
    asked = source("all", "environment", options={"variables": ["A", "B", "C"]})
    write(project, "A", "B", "C", "OTHER", sources=[asked])

    done = project.step("start", FLOWC_SECRETS_FILE="local.env")
    end = project.step("end", FLOWC_SECRETS_FILE="local.env")

    assert (done.returncode, end.returncode) == (0, 0), done.stderr
    assert project.artifact("found", "start") == {"A": 1, "B": 9, "C": 2}
    assert project.artifact("left", "end") == []


def test_the_environment_comes_before_the_file(project: Project, tmp_path: Path) -> None:
    (tmp_path / "local.env").write_text("A=1")
    write(project, "A", sources=[source("A", "environment")])

    done = project.step("start", FLOWC_SECRETS_FILE="local.env", A="four")

    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"A": 4}


def test_a_file_that_is_not_there_is_told(project: Project) -> None:
    write(project, "A", sources=[source("A", "environment")])

    done = project.step("start", FLOWC_SECRETS_FILE="gone.env")

    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert "cannot read `gone.env`: No such file or directory" in done.stderr


def test_other_backends_are_named(project: Project) -> None:
    write(project, "A", sources=[source("db", "az-key-vault")])

    done = project.step("start")

    assert done.returncode == 64
    assert "reads no secrets from `az-key-vault`" in done.stderr


def test_a_fallback_fetches_nothing(project: Project) -> None:
    caught = {"catch": {"artifact": "failure"}}
    header = "from flowc import *\n\nNAMES = ()\n"
    missing = {"sources": [source("gone", "environment")]}
    project.linear(STEP, "start", "end", header=header, secrets=missing, **caught)

    done = project.step("start", attempt=1)

    assert done.returncode == 0, done.stderr


FLOW = f"""
from flowc import FlowSpec, secrets, step


class SecretFlow(FlowSpec):
    @secrets(sources=["aws-secrets-manager.db", "environment.KEY", {{
        "type": "inline", "id": "test", "options": {{"env_vars": {{"INLINE": "{VALUE}-inline"}}}}
    }}])
    @step
    def start(self):
        import os
        self.found = [len(os.environ[name]) for name in ("PASSWORD", "KEY", "INLINE")]
        print(*self.found)
        self.next(self.end)

    @step
    def end(self):
        import os
        assert "PASSWORD" not in os.environ and "INLINE" not in os.environ
"""


def flowc(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "flow.py").write_text(FLOW)
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_that_a_run_leaves_holds_a_secret(tmp_path: Path, aws: Any) -> None:
    aws.create_secret(Name="db", SecretString=json.dumps({"PASSWORD": VALUE}))

    done = flowc(tmp_path, "run", "flow.py", KEY=f"{VALUE}-key")

    assert done.returncode == 0, done.stderr
    assert VALUE not in done.stdout + done.stderr
    kept = [file for file in (tmp_path / ".metaflow").rglob("*") if file.is_file()]
    assert [file.read_bytes() for file in kept if file.name == "0.task_stdout.log"]
    assert [file for file in kept if VALUE.encode() in file.read_bytes()] == []


def test_manifests_name_secrets_and_hold_none(tmp_path: Path) -> None:
    done = flowc(tmp_path, "compile", "flow.py", "--image", "x:1", KEY=f"{VALUE}-key")

    assert done.returncode == 0, done.stderr
    assert '{"id":"db","type":"aws-secrets-manager"}' in done.stdout
    assert VALUE not in done.stdout
