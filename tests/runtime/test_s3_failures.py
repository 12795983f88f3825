"""What goes wrong between a task and S3: what mends itself, and how the rest is told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from runtime.conftest import ROOT
from s3_server import settings, use

from flowc.runtime.errors import RefusalError, StoreError
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.conftest import Project
    from s3_server import Server

FLOW = "@step\ndef start(self): self.x = 1\n"


@dataclass(frozen=True)
class Answer:
    status: int
    code: str = ""
    body: bytes = b""
    length: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if not self.code:
            return self.body
        return f"<Error><Code>{self.code}</Code><Message>said\nso</Message></Error>".encode()


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """A server that gives one answer after the other, the last one again; and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        # Otherwise botocore waits a second for leave to send a body.
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = answers[min(len(asked), len(answers) - 1)]
            asked.append(f"{self.command} {self.path} {self.headers['Host']}")
            content = answer.content()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(content) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else content)

        do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 (the library's names)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("answer", [Answer(500), Answer(503, "SlowDown"), Answer(429)])
def test_what_mends_itself_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    with answering(answer, answer, Answer(200, body=b"there")) as (url, asked):
        use(monkeypatch, settings(url))

        assert open_store("s3://bucket/p").read("key") == b"there"

    host = url.removeprefix("http://")
    assert asked == [f"GET /bucket/p/key {host}"] * 3


ABSENT = Answer(404, "NoSuchKey")
UNDECIDED = Answer(409, "ConditionalRequestConflict")
TAKEN = Answer(412, "PreconditionFailed")
UNKNOWN = Answer(501, "NotImplemented")
STORED, MINE, THEIRS = Answer(200), Answer(200, body=b"mine"), Answer(200, body=b"theirs")
CREATED = {
    "heeded": ([ABSENT, STORED, TAKEN], True),
    "there already": ([THEIRS, THEIRS], False),
    "there since": ([ABSENT, TAKEN, THEIRS], False),
    "there by an answer that was lost": ([ABSENT, TAKEN, MINE], True),
    "undecided": ([ABSENT, UNDECIDED, UNDECIDED, STORED, TAKEN], True),
    "not heeded": ([ABSENT, STORED, STORED, MINE], True),
    "overwritten": ([ABSENT, STORED, STORED, THEIRS], False),
    "not known": ([ABSENT, UNKNOWN, STORED, UNKNOWN, STORED, MINE], True),
}


@pytest.mark.parametrize(("answers", "created"), CREATED.values(), ids=CREATED)
def test_who_is_first_is_told_by_what_the_server_can_tell(
    monkeypatch: pytest.MonkeyPatch, answers: list[Answer], *, created: bool
) -> None:
    with answering(*answers) as (url, asked):
        use(monkeypatch, {**settings(url), "AWS_MAX_ATTEMPTS": "1"})

        assert open_store("s3://bucket").create("key", b"mine") == created

    assert len(asked) == len(answers)


def test_what_stays_undecided_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(ABSENT, UNDECIDED) as (url, _):
        use(monkeypatch, {**settings(url), "AWS_MAX_ATTEMPTS": "1"})

        with pytest.raises(StoreError, match=r"answers with an error \(ConditionalRequestConf"):
            open_store("s3://bucket").create("key", b"mine")


def test_a_body_that_breaks_off_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Answer(200, body=b"the", length=5)
    with answering(broken, broken, Answer(200, body=b"there")) as (url, _):
        use(monkeypatch, settings(url))

        assert open_store("s3://bucket").read("key") == b"there"


def test_a_download_that_breaks_off_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    head, broken = Answer(200, length=5), Answer(200, body=b"the", length=5)
    with answering(head, broken, broken, Answer(200, body=b"there")) as (url, _):
        use(monkeypatch, settings(url))

        stream = open_store("s3://bucket").open("key")

    assert stream
    with stream:
        assert stream.read() == b"there"


def test_a_body_that_always_breaks_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(Answer(200, body=b"the", length=5)) as (url, asked):
        use(monkeypatch, settings(url))

        with pytest.raises(StoreError, match="bucket `bucket` cannot be reached at 127"):
            open_store("s3://bucket").read("key")
        with pytest.raises(StoreError, match="bucket `bucket` cannot be reached at 127"):
            open_store("s3://bucket").open("key")

    assert len(asked) > 4


def test_requests_are_no_more_than_the_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(Answer(500)) as (url, asked):
        use(monkeypatch, {**settings(url), "AWS_MAX_ATTEMPTS": "2"})

        with pytest.raises(StoreError, match=r"bucket `bucket` answers with an error \(500"):
            open_store("s3://bucket").read("key")

    assert len(asked) == 2


FAILURES: dict[str, tuple[Answer, int, str]] = {
    "denied": (Answer(403, "AccessDenied"), 64, "denied (AccessDenied: said so); allow `s3:Get"),
    "denied head": (Answer(403), 64, "access to bucket `bucket` is denied (403"),
    "no such key": (Answer(403, "InvalidAccessKeyId"), 64, "credentials for bucket `bucket` are"),
    "signature": (Answer(403, "SignatureDoesNotMatch"), 64, "are not valid (SignatureDoesNotMatch"),
    "expired": (Answer(400, "ExpiredToken"), 1, "bucket `bucket` answers with an error (Expired"),
    "down": (Answer(503, "SlowDown"), 1, "bucket `bucket` answers with an error (SlowDown: said"),
    "region": (
        Answer(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-west-1"}),
        64,
        "bucket `bucket` is in region `eu-west-1`; set `AWS_DEFAULT_REGION` to it",
    ),
}


def tell(project: Project, place: str = "bucket/root", **environment: str) -> tuple[int, str]:
    project.linear(FLOW, "start")
    done = project.step("start", "t", "--store", f"s3://{place}", **environment)
    assert done.stderr.count("\n") == (1 if done.returncode else 0), done.stderr
    assert "s3cret" not in done.stderr + done.stdout
    return done.returncode, done.stderr


@pytest.mark.parametrize(("answer", "code", "message"), FAILURES.values(), ids=FAILURES)
def test_an_answer_that_is_no_success_is_told_in_one_line(
    project: Project, answer: Answer, code: int, message: str
) -> None:
    with answering(answer) as (url, _):
        told = tell(project, **{**settings(url), "AWS_MAX_ATTEMPTS": "1"})

    assert told[0] == code
    assert message in told[1]


def test_a_bucket_that_is_not_there_is_refused(project: Project, s3: Server) -> None:
    code, said = tell(project, "no-such-bucket/root")

    host = s3.endpoint.removeprefix("http://")
    assert (code, said) == (64, f"flowc: there is no bucket `no-such-bucket` at {host}\n")


def test_a_wrong_secret_is_refused(project: Project, rclone: Server) -> None:
    environment = {**settings(rclone.endpoint), "AWS_SECRET_ACCESS_KEY": "other"}

    code, said = tell(project, f"{rclone.bucket()}/root", **environment)

    assert code == 64
    assert "are not valid (SignatureDoesNotMatch" in said


def test_an_endpoint_that_is_down_is_told_without_its_password(project: Project) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        environment = {**settings(f"http://user:s3cret@{host}"), "AWS_MAX_ATTEMPTS": "2"}

        code, said = tell(project, **environment)

    assert code == 1
    assert f"bucket `bucket` cannot be reached at {host} (EndpointConnectionError)" in said


WITHOUT: dict[str, tuple[dict[str, str], str]] = {
    "no key": ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no credentials for bucket"),
    "half a key": ({"AWS_SECRET_ACCESS_KEY": ""}, "no credentials for bucket `bucket`; set `AWS_A"),
    "profile": ({"AWS_PROFILE": "nobody"}, "for bucket `bucket` (ProfileNotFound); look at"),
    "endpoint": ({"AWS_ENDPOINT_URL": "s3cret"}, "settings for bucket `bucket` (ValueError)"),
    "attempts": ({"AWS_MAX_ATTEMPTS": "many"}, "settings for bucket `bucket` ("),
    "mode": ({"AWS_RETRY_MODE": "wild"}, "settings for bucket `bucket` (InvalidRetryMode"),
    "style": ({"FLOWC_S3_ADDRESSING": "wild"}, "`FLOWC_S3_ADDRESSING` is `wild`, but must be"),
}


@pytest.mark.parametrize(("environment", "message"), WITHOUT.values(), ids=WITHOUT)
def test_settings_that_are_of_no_use_are_refused(
    project: Project, environment: dict[str, str], message: str
) -> None:
    code, said = tell(project, **{**settings("http://127.0.0.1:9"), **environment})

    assert code == 64
    assert message in said


def test_credentials_that_cannot_be_fetched_are_told_without_them(project: Project) -> None:
    config = project.folder / "config"
    process = project.folder / "credentials.sh"
    process.write_text("echo s3cret >&2; exit 3")
    config.write_text(f"[default]\ncredential_process = sh {process}\n")
    environment = {
        **settings("http://127.0.0.1:9"),
        "AWS_ACCESS_KEY_ID": "",
        "AWS_CONFIG_FILE": str(config),
    }

    code, said = tell(project, **environment)

    assert code == 1
    assert "for bucket `bucket` cannot be fetched (CredentialRetrievalError); look at the" in said


@pytest.mark.parametrize("place", ["", "/root", "a", "key:s3cret@bucket/root", "b?x", "bück/et"])
def test_a_bucket_without_a_proper_name_is_refused(place: str) -> None:
    with pytest.raises(RefusalError, match=r"an S3 store is `s3://BUCKET/PREFIX`") as refused:
        open_store(f"s3://{place}")

    assert "s3cret" not in str(refused.value)


def test_a_machine_without_boto3_is_told_so() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            "from flowc.runtime.store import *; open_store('s3://bucket')",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    last = done.stderr.splitlines()[-1]
    assert last.endswith("an S3 store needs boto3, but there is no module `boto3`; install boto3")


def test_what_a_step_cannot_load_is_its_failure(project: Project, s3: Server) -> None:
    bucket = s3.bucket()
    project.linear(
        """
        @step
        def start(self):
            self.x = 1
            self.next(self.end)

        @step
        def end(self):
            print(self.x)
        """,
        "start",
        "end",
    )
    store = ("--store", f"s3://{bucket}")
    assert project.step("start", "t", *store).returncode == 0
    for key in s3.keys(bucket, "F/data/"):
        s3.client.delete_object(Bucket=bucket, Key=key)

    done = project.step("end", "t", *store)

    assert done.returncode == 1
    assert "artifact `x` of task `end/t` is missing" in done.stderr


STYLES = {
    "path": "http://s3.test/bucket/key s3.test",
    "auto": "http://s3.test/bucket/key s3.test",
    "virtual": "http://bucket.s3.test/key bucket.s3.test",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_bucket_is_addressed_as_asked(monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    with answering(Answer(200, body=b"there")) as (url, asked):
        # A proxy is asked for any name, whether there is such a host or not.
        proxy = {"http_proxy": url, "HTTP_PROXY": url, "no_proxy": "", "NO_PROXY": ""}
        use(monkeypatch, {**settings("http://s3.test"), **proxy, "FLOWC_S3_ADDRESSING": style})

        assert open_store("s3://bucket").read("key") == b"there"

    assert asked == [f"GET {STYLES[style]}"]


def test_the_endpoint_of_s3_goes_before_that_of_all_services(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with answering(Answer(200, body=b"there")) as (url, asked):
        use(monkeypatch, {**settings("http://127.0.0.1:9"), "AWS_ENDPOINT_URL_S3": url})

        assert open_store("s3://bucket").read("key") == b"there"

    assert len(asked) == 1


def test_the_endpoint_of_metaflow_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(Answer(200, body=b"there")) as (url, asked):
        use(monkeypatch, {**settings(""), "METAFLOW_S3_ENDPOINT_URL": url})
        assert open_store("s3://bucket").read("key") == b"there"

        use(
            monkeypatch, {"AWS_ENDPOINT_URL": url, "METAFLOW_S3_ENDPOINT_URL": "http://127.0.0.1:9"}
        )
        assert open_store("s3://bucket").read("key") == b"there"

    assert len(asked) == 2


def test_what_is_written_is_encrypted_as_metaflow_is_told(
    monkeypatch: pytest.MonkeyPatch, s3: Server, tmp_path: Path
) -> None:
    use(monkeypatch, {"METAFLOW_S3_SERVER_SIDE_ENCRYPTION": "aws:kms"})
    bucket, file = s3.bucket(), tmp_path / "large"
    file.write_bytes(bytes(9 * 1024 * 1024))
    store = open_store(f"s3://{bucket}")

    store.write("small", b"")
    store.keep("large", str(file))

    heads = [s3.client.head_object(Bucket=bucket, Key=key) for key in ("small", "large")]
    assert [head["ServerSideEncryption"] for head in heads] == ["aws:kms", "aws:kms"]
    assert store.read("small") == b""


@pytest.mark.parametrize("status", [200, 400])
def test_what_is_no_s3_is_told(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with answering(Answer(status, body=b"<html>")) as (url, _):
        use(monkeypatch, {**settings(url), "AWS_MAX_ATTEMPTS": "1"})

        with pytest.raises(StoreError, match="bucket `bucket` "):
            open_store("s3://bucket").names("a")
