"""Under Metaflow a flow does what it does there, and its run is one of flowc's like any other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argo.interpreter import submit
from client_views import ONLY_METAFLOW, comparable, views
from promises import promised
from stored import artifacts, parents, shown

from flowc.driver import read_flow
from flowc.ir.flow import Runtime
from flowc.local.engine import run
from flowc.local.parameters import parse_parameters
from flowc.local.settings import RunSettings
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    from collections.abc import Collection

    from stored import Task

FIXTURES = Path(__file__).parents[2] / "fixtures"
OWN = ("decorated", "rich")
# Those that are short, and show what the others do not.
FLOWS = (
    *("custom_ends", "environment", "foreach_in_arm", "imported_flow", "kubernetes"),
    *("parameters", "single_step", "source_roots", "switch", "timeout"),
)
# Artifacts that hold an exception of the runtime's own.
OF_THE_RUNTIME = {"timeout": {"failure"}}
ENVIRONMENT = {
    **os.environ,
    "METAFLOW_USER": "ada",
    # Metaflow itself starts the other tasks of a gang with whatever `python` is first.
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}

Tasks = dict["Task", tuple[list["Task"], dict[str, str]]]


def flowc(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def everything(store: Path, flow: str, run_id: str, but: Collection[str] = frozenset()) -> Tasks:
    """Each task of a run with its parents and artifacts, as text, but for some."""
    return {
        task: (
            sorted(before),
            {
                name: shown(value)
                for name, value in artifacts(store, flow, run_id, task).items()
                if name not in {*ONLY_METAFLOW, *but}
            },
        )
        for task, before in parents(store, flow, run_id).items()
    }


@pytest.fixture(scope="module", params=OWN)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flow's folder after a run by flowc, whose output is there, too, and one by Metaflow."""
    found = tmp_path_factory.mktemp("runtime") / str(request.param)
    shutil.copytree(FIXTURES / "metaflow" / found.name, found)
    done = flowc(found, "run", "flow.py")
    assert done.returncode == 0, done.stdout + done.stderr
    (found / "flowc.log").write_text(done.stdout + done.stderr)
    theirs = subprocess.run(
        [sys.executable, "flow.py", "--no-pylint", "run"],
        cwd=found,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert theirs.returncode == 0, theirs.stdout + theirs.stderr
    return found


def runs_of(folder: Path) -> tuple[str, str, str]:
    """The flow, and the ids of flowc's run and of Metaflow's."""
    (plan,) = (folder / ".metaflow").glob("*/*/_flowc/plan.json")
    ours = plan.parent.parent
    runs = {path.name for path in ours.parent.iterdir() if path.name.isdigit()}
    (theirs,) = runs - {ours.name}
    return ours.parent.name, ours.name, theirs


def test_a_run_is_as_one_that_metaflow_itself_started(folder: Path) -> None:
    flow, *runs = runs_of(folder)

    ours, theirs = views(folder, [f"{flow}/{each}" for each in runs])

    # Metaflow's first task of a gang writes for all, and has an artifact that lists them.
    drop = {"stdout"} if folder.name == "decorated" else set()
    for view in (ours, theirs):
        for task in view["tasks"].values():
            task.update(dict.fromkeys(drop))
    assert comparable(ours) == comparable(theirs)
    assert {"runtime:dev", "user:ada"} <= set(ours["tags"]) & set(theirs["tags"])


def test_each_reason_is_told_in_a_line(folder: Path) -> None:
    log = (folder / "flowc.log").read_text()

    told = re.findall(
        r"^flow\.py:\d+:\d+: `@(\w+)` .*; the flow runs under Metaflow$", log, re.MULTILINE
    )
    assert told == {"rich": ["card"], "decorated": ["noted", "Twice"]}[folder.name]


def test_the_parents_are_those_of_the_positions(folder: Path) -> None:
    flow, ours, _ = runs_of(folder)
    found = parents(folder / ".metaflow", flow, ours)

    if folder.name == "rich":
        assert found["parts_joined", "t.1"] == [("part", f"t.1.{i}") for i in range(2)]
        assert found["improve", "t.r1"] == [("improve", "t.r0")]
        assert found["divide", "t"] == [("improve", "t.r1")]
    else:
        assert found["gathered", "t"] == [("work", f"t.{i}") for i in range(5)]


def test_both_runtimes_leave_the_same_behind(folder: Path) -> None:
    flow, ours, _ = runs_of(folder)
    if flow != "RichFlow":
        pytest.skip("only Metaflow runs user step decorators")
    store = folder / "native" / ".metaflow"

    done = flowc(folder, "run", "flow.py", "--runtime", "native", "--datastore-root", str(store))

    assert done.returncode == 0, done.stdout + done.stderr
    (plan,) = store.glob("*/*/_flowc/plan.json")
    # Metaflow keeps a reference to an included file, which it reads for the steps.
    native = everything(store, flow, plan.parent.parent.name, {"words"})
    assert everything(folder / ".metaflow", flow, ours, {"words"}) == native


def test_history_reads_such_a_run(folder: Path) -> None:
    flow, ours, _ = runs_of(folder)
    if flow != "RichFlow":
        pytest.skip("one flow is enough")

    listed = flowc(folder, "artifacts", f"{flow}/{ours}", "end")
    logs = flowc(folder, "logs", f"{flow}/{ours}", "part/t.0.1")
    states = flowc(folder, "runs", flow)

    assert "letters_seen" in listed.stdout, listed.stderr
    assert "a two 1 2" in logs.stdout, logs.stderr
    assert ours in states.stdout, states.stderr


def test_cards_are_there_for_metaflow_to_show(folder: Path) -> None:
    flow, ours, _ = runs_of(folder)
    if flow != "RichFlow":
        pytest.skip("the flow has no card")

    cards = list((folder / ".metaflow" / "mf.cards").rglob("*.html"))
    assert any(f"/runs/{ours}/steps/start/" in path.as_posix() for path in cards)
    assert any("RichFlow" in path.read_text() for path in cards)


@pytest.mark.parametrize("name", FLOWS)
def test_a_fixture_does_the_same_under_both_runtimes(name: str, tmp_path: Path) -> None:
    folder = FIXTURES / "flows" / name
    flow = read_flow(str(folder / "flow.py"), runtime=Runtime.METAFLOW).flow
    assert flow
    words = folder / "arguments.txt"
    given = parse_parameters(flow, words.read_text().split() if words.exists() else [])

    for each in Runtime:
        settings = RunSettings(each.value, tmp_path, folder, parameters=given, max_workers=4)
        result = run(replace(flow, runtime=each), settings, lambda _: None)
        assert result.succeeded, result.failures[0].log.read_text()

    but = OF_THE_RUNTIME.get(name, set())
    native, under = (everything(tmp_path, flow.name, each.value, but) for each in Runtime)
    assert under == native
    promise = promised(folder / "flow.py")
    assert {name: under[flow.end, "t"][1][name] for name in promise} == {
        name: shown(value) for name, value in promise.items()
    }


def test_the_manifest_leads_to_the_same(folder: Path) -> None:
    name, ours, _ = runs_of(folder)
    store = folder / ".metaflow"
    flow = read_flow(str(folder / "flow.py")).flow
    assert flow
    manifest, _ = get_target("argo").emit(flow, CompileOptions(image="registry.example/flows:1"))
    assert manifest

    workflow = submit(manifest.text, source=folder, store=store, run="argo-1", parameters={})

    assert workflow.phase == "Succeeded", workflow.message
    assert everything(store, name, "argo-1") == everything(store, name, ours)
