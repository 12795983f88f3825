"""Where DAG files are put: folders, buckets and checkouts have all of a file or none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow_deploy.checkouts import Repository

from flowc.deploy.airflow.git import git
from flowc.deploy.airflow.sink import Found, open_sink
from flowc.errors import EngineError, UsageError

if TYPE_CHECKING:
    from object_servers import Gcs
    from s3_server import Server

NAME = "TrainFlow.py"


def assert_keeps_files(place: str) -> None:
    sink = open_sink(place)
    sink.check()
    assert sink.read(NAME) is None

    sink.write(NAME, "x = 'é'\n", "one")
    assert open_sink(sink.address).read(NAME) == Found("x = 'é'\n", sink.settled)
    sink.write(NAME, "y = 2\n", "another")
    assert sink.read(NAME) == Found("y = 2\n", sink.settled)

    sink.remove(NAME, "gone")
    sink.remove(NAME, "again")
    assert sink.read(NAME) is None


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_folder_is_a_sink(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "other.py").write_text("theirs")

    assert_keeps_files(f"{scheme}{tmp_path}/")

    assert [path.name for path in tmp_path.iterdir()] == ["other.py"]


def test_a_bucket_of_s3_is_a_sink(s3: Server) -> None:
    bucket = s3.bucket()

    assert_keeps_files(f"s3://{bucket}/team/dags/")

    assert s3.keys(bucket) == []


def test_a_bucket_of_google_is_a_sink(gcs: Gcs) -> None:
    assert_keeps_files(f"{gcs.bucket()}/dags")


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="there is no folder"):
        open_sink(f"{tmp_path}/dag").check()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "dags").write_text("no folder")

    with pytest.raises(EngineError, match=r"cannot use the DAG files at .*dags"):
        open_sink(str(tmp_path / "dags")).write(NAME, "x", "why")


@pytest.mark.parametrize("place", ["", "ftp://host/dags", "git+ssh://host/repository"])
def test_other_places_are_refused(place: str) -> None:
    with pytest.raises(UsageError, match=r"git\+file:///checkout/dags"):
        open_sink(place)


def test_a_checkout_is_a_sink(repository: Repository) -> None:
    assert_keeps_files(f"git+file://{repository.dags}")

    assert repository("log", "--format=%s").split("\n")[:3] == ["gone", "another", "one"]
    assert repository("status", "--porcelain") == ""
    assert repository("rev-parse", "origin/main") == repository("rev-parse", "HEAD~3")


@pytest.mark.parametrize("query", ["push", "push=origin"])
def test_commits_are_pushed_if_that_is_asked_for(repository: Repository, query: str) -> None:
    assert_keeps_files(f"git+file://{repository.dags}?{query}")

    assert repository("ls-remote", "origin", "main").split()[0] in repository("rev-parse", "HEAD")


def test_nothing_else_is_committed(repository: Repository) -> None:
    (repository.dags / "other.py").write_text("2\n")
    (repository.dags / "staged.py").write_text("3\n")
    repository("add", "dags/staged.py")

    open_sink(f"git+file://{repository.dags}").write(NAME, "x = 1\n", "why")

    assert repository.files() == [f"dags/{NAME}"]
    assert repository("diff", "--cached", "--name-only").split() == ["dags/staged.py"]
    assert repository("diff", "--name-only").split() == ["dags/other.py"]


def test_what_was_not_committed_or_pushed_is_known(repository: Repository) -> None:
    sink = open_sink(f"git+file://{repository.dags}?push")
    (repository.dags / NAME).write_text("x = 1\n")
    assert sink.read(NAME) == Found("x = 1\n", "not committed")

    open_sink(f"git+file://{repository.dags}").write(NAME, "x = 1\n", "why")
    assert sink.read(NAME) == Found("x = 1\n", "committed")
    sink.write(NAME, "x = 1\n", "why")
    assert sink.read(NAME) == Found("x = 1\n", "pushed")

    (repository.dags / NAME).unlink()
    assert sink.read(NAME) == Found("", "not committed")


def test_a_push_that_is_refused_says_why(repository: Repository, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", repository.bare, other], check=True)
    words = ["-c", "user.name=x", "-c", "user.email=x", "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(["git", "-C", other, *words], check=True)
    subprocess.run(["git", "-C", other, "push", "-q"], check=True)

    with pytest.raises(EngineError, match=r"`git push` in .* fails: .*rejected"):
        open_sink(f"git+file://{repository.dags}?push").write(NAME, "x = 1\n", "why")


def test_commits_of_others_are_not_pushed(repository: Repository) -> None:
    sink = open_sink(f"git+file://{repository.dags}?push")
    repository("commit", "-q", "--allow-empty", "-m", "of no file")
    sink.write(NAME, "x = 1\n", "why")
    (repository.folder / "a ü.py").write_text("not yet\n")
    repository("add", ".")
    repository("commit", "-qm", "theirs")
    before = repository("rev-parse", "HEAD")

    for doing in (lambda: sink.write(NAME, "x = 2\n", "why"), lambda: sink.remove(NAME, "why")):
        with pytest.raises(EngineError, match=r"commits that origin lacks, which change a ü\.py"):
            doing()
    assert sink.read(NAME) == Found("x = 1\n", "pushed")
    assert repository("rev-parse", "HEAD") == before

    repository("push", "-q")
    sink.write(NAME, "x = 2\n", "why")
    assert sink.read(NAME) == Found("x = 2\n", "pushed")


def test_a_file_has_gone_when_that_is_pushed(repository: Repository) -> None:
    sink = open_sink(f"git+file://{repository.dags}?push")
    sink.write(NAME, "x = 1\n", "why")
    open_sink(f"git+file://{repository.dags}").remove(NAME, "gone")

    assert sink.read(NAME) == Found("", "committed")
    sink.remove(NAME, "gone")

    assert sink.read(NAME) is None
    assert repository("ls-remote", "origin", "main").split()[0] in repository("rev-parse", "HEAD")


def test_a_password_in_a_remote_is_not_told(repository: Repository) -> None:
    repository("remote", "add", "far", "https://me:s3cret@localhost:1/x.git")

    with pytest.raises(EngineError) as told:
        open_sink(f"git+file://{repository.dags}?push=far").write(NAME, "x = 1\n", "why")

    assert "s3cret" not in str(told.value)


def test_a_commit_needs_a_branch_and_a_checkout(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="is not in a checkout"):
        open_sink(f"git+file://{tmp_path}").check()
    repository("checkout", "-q", "--detach")
    with pytest.raises(EngineError, match="is on no branch"):
        open_sink(f"git+file://{repository.dags}").check()
    with pytest.raises(UsageError, match="names no checkout"):
        open_sink(f"git+file://{repository.dags}?pull")


def saying(folder: Path, name: str) -> str:
    """A command that stands for ssh, and writes down how it was called."""
    file = folder / name
    file.write_text(f'#!/bin/sh\necho "$0 $*" > {folder}/called\nexit 1\n')
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize("way", ["none", "environment", "config"])
def test_ssh_asks_nothing_unless_somebody_says_how_it_is_called(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for name in ("GIT_SSH", "GIT_SSH_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    ssh, own = saying(tmp_path, "ssh"), saying(tmp_path, "own")
    if way == "environment":
        monkeypatch.setenv("GIT_SSH_COMMAND", own)
    if way == "config":
        repository("config", "core.sshCommand", own)
    repository("remote", "add", "far", "ssh://git@localhost:1/x.git")

    with pytest.raises(EngineError, match="git push"):
        open_sink(f"git+file://{repository.dags}?push=far").write(NAME, "x = 1\n", "why")

    called = (tmp_path / "called").read_text()
    assert called.startswith(f"{ssh} -oBatchMode=yes " if way == "none" else f"{own} ")


def test_no_window_asks_for_a_password(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = saying(tmp_path, "asking")
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, asking)

    git(repository.folder, "-c", "alias.ask=!sh -c 'test -z \"$GIT_ASKPASS$SSH_ASKPASS\"'", "ask")
