"""Under Metaflow, steps run in environments of their own, made by flowc or by Metaflow's tools.

Metaflow's tools are those of conda, which cannot be had everywhere: here a stand-in answers as
micromamba does, and makes environments without any packages.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from stored import artifacts

from flowc.runtime.metaflow_environment import beside

STAND_IN = """#!{python}
import json, os, subprocess, sys
from pathlib import Path

root, words = Path({root!r}), sys.argv[1:]
with (root / "log").open("a") as log:
    log.write(" ".join(words) + "\\n")
if words[0] == "config":
    print(json.dumps({{
        "channels": [], "envs_dirs": [str(root / "envs")], "pkgs_dirs": [], "platform": "linux-64"
    }}))
elif words[0] == "env":
    print(json.dumps({{"envs": [str(path) for path in root.glob("envs/metaflow/*/*")]}}))
elif "--dry-run" in words:
    print(json.dumps({{"actions": {{"LINK": [{{"url": "https://conda.invalid/six.conda"}}]}}}}))
elif "--download-only" not in words:
    prefix = words[words.index("--prefix") + 1]
    venv = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", prefix]
    subprocess.run(venv, check=True)
"""

HEAD = """
import sys
from metaflow import FlowSpec, card, conda, current, pypi, pypi_base, step
from metaflow.cards import Markdown

"""
CONDA = """
class TestFlow(FlowSpec):
    @conda(packages={"six": "1.16.0"})
    @step
    def start(self):
        self.of_conda = sys.prefix
        self.next(self.end)

    @conda(disabled=True)
    @step
    def end(self):
        self.here = sys.prefix

if __name__ == "__main__":
    TestFlow()
"""
PYPI = """
@pypi_base(packages={"six": "1.17.0"})
class TestFlow(FlowSpec):
    @card
    @pypi(packages={"six": "1.16.0"})
    @step
    def start(self):
        import shutil, six
        self.first = six.__version__
        self.python = shutil.which("python") == sys.executable
        current.card.append(Markdown("six " + self.first))
        self.next(self.middle)

    @step
    def middle(self):
        import six
        self.second = six.__version__
        self.next(self.end)

    @pypi(disabled=True)
    @step
    def end(self):
        self.here = sys.prefix

if __name__ == "__main__":
    TestFlow()
"""
UNTOLD = """
def packages():
    return {"six": sys.version.split()[0]}

class TestFlow(FlowSpec):
    @step
    def start(self):
        self.here = sys.prefix
        self.next(self.end)

    @pypi(packages=dict(sorted(packages().items())))
    @step
    def end(self):
        pass

if __name__ == "__main__":
    TestFlow()
"""


class Lab:
    """A folder with a flow, and tools of its own before all others on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder / "tools"
        self.tools.mkdir()

    def tool(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def run(self, flow: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "flow.py").write_text(HEAD + flow)
        return subprocess.run(
            [sys.executable, "-m", "flowc", "run", "flow.py"],
            cwd=self.folder,
            env={
                **os.environ,
                "METAFLOW_USER": "ada",
                "METAFLOW_HOME": str(self.folder / "home"),
                "FLOWC_ENVIRONMENTS": str(self.folder / "environments"),
                "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def artifacts(self, step: str) -> dict[str, object]:
        """What the last run left in a step."""
        store = self.folder / ".metaflow"
        runs = sorted(path.name for path in (store / "TestFlow").iterdir() if path.name.isdigit())
        return artifacts(store, "TestFlow", runs[-1], (step, "t"))

    def calls(self) -> list[str]:
        """What the stand-in was asked to make."""
        lines = (self.folder / "log").read_text().splitlines()
        return [line for line in lines if line.startswith("create")]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_environments_of_pypi_are_made_by_flowc(lab: Lab) -> None:
    done = lab.run(PYPI)
    cards = list((lab.folder / ".metaflow" / "mf.cards").rglob("*.html"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert lab.artifacts("start")["first"] == "1.16.0"
    assert lab.artifacts("start")["python"] is True
    assert lab.artifacts("end")["second"] == "1.17.0"
    assert lab.artifacts("end")["here"] == sys.prefix
    assert [card.parts[-4:-2] for card in cards] == [("tasks", "t")]


def test_environments_of_conda_are_made_by_metaflow(lab: Lab) -> None:
    lab.tool("micromamba", STAND_IN.format(python=sys.executable, root=str(lab.folder)))
    done = lab.run(CONDA)
    prefix = Path(str(lab.artifacts("end")["of_conda"]))

    assert done.returncode == 0, done.stdout + done.stderr
    assert prefix.is_relative_to(lab.folder / "envs" / "metaflow")
    assert lab.artifacts("end")["here"] == sys.prefix
    assert "six==1.16.0" in lab.calls()[0]

    made = len(lab.calls())
    assert lab.run(CONDA).returncode == 0
    assert Path(str(lab.artifacts("end")["of_conda"])) == prefix
    assert len(lab.calls()) == made


@pytest.mark.parametrize("flow", [CONDA, UNTOLD])
def test_without_the_tools_of_conda_a_step_fails_in_a_line(lab: Lab, flow: str) -> None:
    lab.tool("curl", "#!/bin/sh\nexit 7\n")
    done = lab.run(flow)
    told = done.stdout + done.stderr

    assert done.returncode == 1
    assert "flowc: Metaflow cannot make the environment of step" in told
    assert "Micromamba installation" in told
    assert "Traceback" not in told


def test_a_step_without_packages_runs_where_it_is(lab: Lab) -> None:
    lab.tool("curl", "#!/bin/sh\nexit 7\n")
    lab.run(UNTOLD)

    assert lab.artifacts("start")["here"] == sys.prefix


def test_extensions_go_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "metaflow_extensions" / name).mkdir(parents=True)
        monkeypatch.syspath_prepend(str(tmp_path / name))
    (tmp_path / "scratch").mkdir()

    folder = Path(beside(str(tmp_path / "scratch")))

    assert sorted(path.name for path in folder.iterdir()) == ["metaflow", "metaflow_extensions"]
    found = {path.name for path in (folder / "metaflow_extensions").iterdir()}
    assert {"one", "two"} <= found
