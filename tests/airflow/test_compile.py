"""`flowc compile --target airflow`: what is asked for, and what is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
TO_WORKERS = ("--target", "airflow", "--compute", "worker")


@pytest.fixture
def flowc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_a_file_is_written_beside_others_of_a_folder(flowc: CommandLine, tmp_path: Path) -> None:
    dags = tmp_path / "dags"
    for name in ("linear", "foreach"):
        flow = str(FLOWS / name / "flow.py")
        done = flowc("compile", flow, *TO_WORKERS, "--datastore-root", "/flows", "-o", f"{dags}/")
        assert done.code == 0, done.stderr

    assert sorted(file.name for file in dags.iterdir()) == ["ForeachFlow.py", "LinearFlow.py"]


def test_tasks_may_fetch_their_code(flowc: CommandLine, tmp_path: Path) -> None:
    flow, package = str(FLOWS / "linear" / "flow.py"), tmp_path / "linear.flowc.tar.gz"
    assert flowc("package", "build", flow, "-o", str(package)).code == 0

    done = flowc(
        *("compile", flow, *TO_WORKERS, "--datastore-root", "s3://bucket/flows"),
        *("--package", str(package)),
    )

    assert done.code == 0, done.stderr
    key = done.stderr.rpartition(" to s3://bucket/flows/")[2].strip()
    assert key.endswith(".flowc.tar.gz")
    assert f'"{key}"' in done.stdout
    assert "PLAN" not in done.stdout


def test_a_store_must_be_named(flowc: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWC_STORE", raising=False)

    done = flowc("compile", str(FLOWS / "linear" / "flow.py"), *TO_WORKERS)

    assert done.code == 1
    assert "FC660 no store is named" in done.stderr
    assert done.stdout == ""


def test_a_name_must_be_an_id_of_a_dag(flowc: CommandLine) -> None:
    linear = str(FLOWS / "linear" / "flow.py")

    done = flowc("compile", linear, *TO_WORKERS, "--datastore-root", "/x", "--name", "nightly run")

    assert done.code == 1
    assert "FC661 `nightly run` cannot be the id of a DAG" in done.stderr


def test_a_gang_needs_as_many_places(flowc: CommandLine) -> None:
    gang = str(FLOWS / "gang" / "flow.py")

    few = flowc("compile", gang, *TO_WORKERS, "--datastore-root", "/x", "--max-workers", "2")
    enough = flowc("compile", gang, *TO_WORKERS, "--datastore-root", "/x", "--max-workers", "3")

    assert few.code == 1
    assert "FC662 `start` opens a gang of 3" in few.stderr
    assert (enough.code, enough.stderr) == (0, "")


def test_what_runs_steps_is_one_of_the_targets_own(flowc: CommandLine) -> None:
    linear = str(FLOWS / "linear" / "flow.py")

    done = flowc("compile", linear, "--target", "airflow", "--compute", "ecs")

    assert done.code == 2
    assert "--compute ecs: `airflow` runs steps by `kubernetes`, `worker`" in done.stderr
