"""Metaflow's Client reads what flowc wrote to a bucket, by metadata that is on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argo.interpreter import submit
from argo.pods import Exit, Process, spawn
from client_views import comparable, views
from s3_server import settings

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from s3_server import Server

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
# The Client asks S3 for each artifact by a process of its own, which takes its time.
CASES = (("s3", "catch"), ("s3", "parameters"), ("rclone", "gang"))


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that is the S3 of flowc and of Metaflow."""
    found: Server = request.getfixturevalue(getattr(request, "param", "s3"))
    monkeypatch.setenv("METAFLOW_S3_ENDPOINT_URL", found.endpoint)
    monkeypatch.setenv("METAFLOW_DEFAULT_METADATA", "local")
    monkeypatch.setenv("METAFLOW_USER", "ada")
    return found


def flowc(folder: Path, *words: str) -> str:
    """What a command says."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def name_of(case: str) -> str:
    flow = read_flow(str(FLOWS / case / "flow.py")).flow
    assert flow
    return flow.name


def run(folder: Path, case: str, store: str) -> None:
    words = FLOWS / case / "arguments.txt"
    given = words.read_text().split() if words.exists() else []
    flowc(folder, "run", str(FLOWS / case / "flow.py"), "--datastore-root", store, *given)


def view(folder: Path, case: str, run: str = "") -> Mapping[str, Any]:
    """What the Client of a folder says of a run, or of the only one that it finds."""
    flow = name_of(case)
    runs = [each.name for each in (folder / ".metaflow" / flow).iterdir() if each.name.isdecimal()]
    (found,) = views(folder, [f"{flow}/{run or runs[0]}"])
    return found


def without_items(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A view without what tasks in a cluster do not write: the items of foreaches as text."""
    tasks = {
        name: {
            **task,
            "facts": {key: fact for key, fact in task["facts"].items() if key != "foreach-stack"},
            "artifacts": {
                key: of for key, of in task["artifacts"].items() if key != "_foreach_stack"
            },
        }
        for name, task in found["tasks"].items()
    }
    return {**found, "tasks": tasks}


@pytest.mark.parametrize(("server", "case"), CASES, indirect=["server"])
def test_a_run_on_s3_is_as_one_in_a_folder(tmp_path: Path, server: Server, case: str) -> None:
    here, there, pulled = tmp_path / "here", tmp_path / "there", tmp_path / "pulled"
    url = f"s3://{server.bucket()}/runs"
    run(here, case, ".metaflow")
    run(there, case, url)
    said = flowc(pulled, "pull", f"{name_of(case)}/latest", "--datastore-root", url)

    expected, written, found = (view(folder, case) for folder in (here, there, pulled))

    assert f"Metaflow's Client finds {name_of(case)}/" in said
    assert comparable(written) == comparable(expected)
    assert comparable(without_items(found)) == comparable(without_items(expected))
    assert found["created"] == pytest.approx(written["created"], abs=5)
    assert found["ended"] == pytest.approx(written["ended"], abs=1)
    assert found["tags"] == written["tags"]


def test_a_run_in_a_cluster_is_found_once_it_is_pulled(tmp_path: Path, server: Server) -> None:
    case = "split_in_foreach"
    run(tmp_path / "here", case, ".metaflow")
    url = f"s3://{server.bucket()}/runs"
    flow = read_flow(str(FLOWS / case / "flow.py")).flow
    assert flow
    manifest, _ = get_target("argo").emit(flow, CompileOptions(image="i", store=url))
    assert manifest

    def with_credentials(process: Process) -> Exit:
        return spawn(replace(process, variables={**settings(server.endpoint), **process.variables}))

    submit(
        manifest.text,
        source=FLOWS / case,
        store=tmp_path / "store",
        run="argo-1",
        parameters={},
        runner=with_credentials,
    )
    pulled = tmp_path / "pulled"
    for _ in range(2):
        flowc(pulled, "pull", f"{flow.name}/argo-1", "--datastore-root", url)

    expected, found = view(tmp_path / "here", case), view(pulled, case, "argo-1")

    assert comparable(without_items(found)) == comparable(without_items(expected))
    assert found["latest_successful"] == "argo-1"
    assert {task["index"] for task in found["tasks"].values()} == {
        task["index"] for task in expected["tasks"].values()
    }


@pytest.mark.usefixtures("server")
def test_the_client_is_told_where_its_folder_is(tmp_path: Path, s3: Server) -> None:
    url = f"s3://{s3.bucket()}"
    other = tmp_path / "other"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METAFLOW_DATASTORE_SYSROOT_LOCAL", str(other))
        run(tmp_path / "here", "single_step", url)
        (written,) = (other / ".metaflow").iterdir()
        assert (written / "_meta" / "_self.json").exists()
        flowc(tmp_path / "here", "pull", "latest", "--datastore-root", url, "--into", "found")

    assert not (tmp_path / "here" / ".metaflow").exists()
    assert [path.name for path in (tmp_path / "here" / "found").iterdir()] == [written.name]


def test_a_run_without_a_store_cannot_be_pulled(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "pull", "F/latest"],
        cwd=tmp_path,
        env={name: text for name, text in os.environ.items() if name != "FLOWC_STORE"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "say where the run is: `--datastore-root s3://BUCKET/PREFIX`" in done.stderr
