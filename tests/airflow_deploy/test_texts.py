"""What is read in logs, answers and files, and what is made of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from airflow_deploy.documents import text

from flowc.deploy.airflow.conf import conf_of
from flowc.deploy.airflow.connection import Connection
from flowc.deploy.airflow.credentials import Credentials, from_environment
from flowc.deploy.airflow.dag_text import flow_of, is_compiled, package_of, store_of
from flowc.deploy.airflow.errors import refusal
from flowc.deploy.airflow.http import Answer
from flowc.deploy.airflow.log_text import lines_of
from flowc.deploy.airflow.values import Param
from flowc.errors import UsageError

AT = "[2026-11-24T18:29:13.048+0000] "
OF_2 = f"""\
host
 INFO - ::group::Log message source details
*** Found local files:
 INFO - ::endgroup::
{AT}{{local_task_job_runner.py:123}} INFO - ::group::Pre task execution logs
{AT}{{taskinstance.py:2885}} INFO - Starting attempt 1 of 1
{AT}{{taskinstance.py:740}} INFO - ::endgroup::
{AT}{{TrainFlow.py:92}} INFO - ::group::mine
{AT}{{TrainFlow.py:92}} INFO - {{"event": 1
{AT}{{TrainFlow.py:92}} INFO - Traceback (most recent call last):
{AT}{{TrainFlow.py:92}} INFO - ValueError: no luck
{AT}{{taskinstance.py:3311}} ERROR - Task failed with exception
Traceback (most recent call last):
  File "/airflow/models/taskinstance.py", line 768, in _execute_task
airflow.exceptions.AirflowException: fit ended with exit code 1
{AT}{{taskinstance.py:1225}} INFO - Marking task as FAILED
{AT}{{local_task_job_runner.py:245}} INFO - ::group::Post task execution logs
{AT}{{local_task_job_runner.py:245}} INFO - done
{AT}{{local_task_job_runner.py:245}} INFO - ::endgroup::
"""

EVENTS: list[dict[str, Any]] = [
    {"event": "::group::Log message source details"},
    {"event": "/logs/attempt=1.log"},
    {"event": "::endgroup::"},
    {"event": "::group::Pre Execute", "timestamp": "2026-11-24T18:29:07Z"},
    {"event": "DAG bundles loaded"},
    {"event": "::endgroup::"},
    {"event": "hello"},
    {
        "event": "Task failed with exception",
        "error_detail": [
            {"exc_type": "ValueError", "exc_value": "no luck", "frames": [{"lineno": 1}]}
        ],
    },
]


def test_a_log_is_what_the_step_wrote() -> None:
    assert list(lines_of(OF_2.encode())) == [
        '{"event": 1\n',
        "Traceback (most recent call last):\n",
        "ValueError: no luck\n",
        "airflow.exceptions.AirflowException: fit ended with exit code 1\n",
        "Marking task as FAILED\n",
    ]
    events = "\n".join(map(json.dumps, EVENTS))
    assert list(lines_of(events.encode())) == ["hello\n", "ValueError: no luck\n"]


@pytest.mark.parametrize("line", ["{", "{}", '{"x": 1}', "[1]", "", "\xff", '"event"'])
def test_any_line_may_be_in_a_log(line: str) -> None:
    assert list(lines_of(f"{line}\n".encode())) == [f"{line}\n"]


def test_a_file_tells_of_its_flow_and_store() -> None:
    file = text("p.user.me.TrainFlow", store="s3://bucket/x", more='SHIM = ["a", "--key", "k"]\n')

    assert (flow_of(file), store_of(file), package_of(file)) == ("TrainFlow", "s3://bucket/x", "k")
    assert is_compiled(file)


@pytest.mark.parametrize("file", ["", "def", "\0", "(" * 5000, '"""x"""\nSTORE = 1', "STORE: str"])
def test_any_text_may_be_in_a_file(file: str) -> None:
    assert (flow_of(file), store_of(file), package_of(file)) == ("", "", "")
    assert not is_compiled(file)


PARAMS = {
    "n": Param({"type": "integer"}),
    "x": Param({"type": ["null", "number"]}),
    "flag": Param({"type": "boolean"}),
    "word": Param({"type": ["null", "string"]}),
    "any": Param({}),
}


def test_texts_become_what_the_dag_wants() -> None:
    given = {"n": "7", "x": "1", "flag": "False", "word": "null", "any": '{"a": 1}'}

    found = conf_of(given, PARAMS, "TrainFlow")

    assert found == {"n": 7, "x": 1.0, "flag": False, "word": "null", "any": {"a": 1}}
    assert isinstance(found["x"], float)
    assert conf_of({"any": "a b"}, PARAMS, "TrainFlow") == {"any": "a b"}


@pytest.mark.parametrize("given", [("n", "1.5"), ("x", "one"), ("flag", "2"), ("y", "1")])
def test_what_a_dag_would_not_take_is_refused(given: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=f"--{given[0]}"):
        conf_of(dict([given]), PARAMS, "TrainFlow")


def token(claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{body}.signature"


@pytest.mark.parametrize("claims", [{}, [], {"exp": "x"}, {"exp": 1e300}, {"exp": 4e9}, 1])
def test_a_token_that_says_nothing_has_not_expired(claims: Any) -> None:
    assert Credentials(token(claims)).expired is None
    assert Credentials("opaque").expired is None


def test_credentials_are_never_shown() -> None:
    found = Credentials(token({"exp": 1}), "me", "s3cret")

    assert found.expired is not None
    assert "s3cret" not in repr(found)
    assert "signature" not in repr(found)


@pytest.mark.parametrize(
    "variables",
    [{"FLOWC_AIRFLOW_USER": "me"}, {"FLOWC_AIRFLOW_TOKEN": "a\nb"}, {"FLOWC_AIRFLOW_TOKEN": "é"}],
)
def test_half_of_credentials_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(UsageError) as told:
        from_environment(variables)
    assert "FLOWC_AIRFLOW_" in str(told.value)


@pytest.mark.parametrize(
    "url", ["airflow.example", "ftp://x", "http://", "http://x:port", "http://["]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="must be an address"):
        Connection(url, Credentials())


def test_an_address_holds_no_password() -> None:
    with pytest.raises(UsageError) as told:
        Connection("https://me:s3cret@airflow.example", Credentials())
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize("end", ["", "/", "/home", "/api/v1/", "/api/v2"])
def test_an_address_may_be_copied_from_a_browser(end: str) -> None:
    assert Connection(f"https://x.example/team{end}", Credentials()).url == "https://x.example/team"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"detail": "Not authenticated"}, ["set FLOWC_AIRFLOW_TOKEN, or"]),
        (404, "<html>", ["knows no such address", "--airflow-url"]),
        (409, {"detail": "there is one"}, ["refuses with 409", "there is one"]),
        (422, {"detail": [{"msg": "no date"}, 1]}, ["no date"]),
        (500, "oops", ["fails with 500", "while doing it"]),
        (500, {"detail": {"reason": "Unique"}}, ["Unique"]),
    ],
)
def test_an_answer_is_told_in_a_line(status: int, body: Any, words: list[str]) -> None:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()

    told = str(refusal(Answer(status, content), "http://x", Credentials(), "doing it"))

    assert all(word in told for word in words)
    assert "\n" not in told
