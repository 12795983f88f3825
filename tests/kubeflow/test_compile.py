"""`flowc compile --target kubeflow`: tasks that fetch their code, and loops."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from stored import artifacts

from flowc.yaml_text import parse

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"


@pytest.fixture
def flowc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_a_task_runs_where_there_is_nothing_but_python(flowc: CommandLine, tmp_path: Path) -> None:
    flow, package = str(FLOWS / "linear" / "flow.py"), tmp_path / "linear.flowc.tar.gz"
    store = tmp_path / "store"
    assert flowc("package", "build", flow, "-o", str(package)).code == 0

    done = flowc(
        *("compile", flow, "--target", "kubeflow", "--datastore-root", str(store)),
        *("--package", str(package)),
    )

    assert (done.code, "FC691" in done.stderr) == (0, False), done.stderr
    key = done.stderr.rpartition(f" to {store}/")[2].strip()
    (store / key).parent.mkdir(parents=True)
    shutil.copy(package, store / key)
    executors = parse(done.stdout.split("\n---\n")[0])["deploymentSpec"]["executors"]
    _run(executors["exec-start"]["container"], tmp_path)
    assert artifacts(store, "LinearFlow", "1", ("start", "t"))


def test_a_loop_has_the_rounds_that_were_asked_for(flowc: CommandLine) -> None:
    flow = str(FLOWS / "multi_step_loop" / "flow.py")
    options = ("--target", "kubeflow", "--datastore-root", "s3://bucket/flows", "--image", "a")

    done = flowc("compile", flow, *options, "--max-iterations", "3")

    assert "FC698 the loop that `judge` closes has at most 3 rounds" in done.stderr
    components = parse(done.stdout)["components"]
    assert {name for name in components if "-round-" in name} == {
        *(f"comp-judge-round-{number}" for number in range(3))
    }


def _run(container: dict[str, Any], folder: Path) -> None:
    given = {"{{$.inputs.parameters['path']}}": "t", "{{$.inputs.parameters['run']}}": "1"}
    _, flag, program = container["command"][:3]
    words = [given.get(word, word) for word in container["args"]]
    variables = {each["name"]: each["value"] for each in container["env"]}
    (folder / "empty").mkdir()
    subprocess.run(
        [sys.executable, "-I", "-S", flag, program, *container["command"][3:], *words],
        cwd=folder / "empty",
        env={"TMPDIR": str(folder), "PATH": os.environ["PATH"], **variables},
        check=True,
    )
