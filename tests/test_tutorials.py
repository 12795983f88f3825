"""The tutorials of the installed Metaflow compile and run as they are, without Metaflow."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

# The flows of episodes 3 and 4 read the results of episode 2.
EPISODES = (
    "00-helloworld/helloworld.py",
    "01-playlist/playlist.py",
    "02-statistics/stats.py",
    "03-playlist-redux/playlist.py",
    "04-playlist-plus/playlist.py",
    "05-hello-cloud/hello-cloud.py",
)
NEEDS = {"04-playlist-plus/playlist.py": "editdistance"}


def tutorial(episode: str) -> Path:
    spec = find_spec("metaflow")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "tutorials" / episode


def flowc(*words: str, store: Path) -> subprocess.CompletedProcess[str]:
    """Run flowc where importing Metaflow fails."""
    (store / "metaflow.py").write_text("raise ImportError('flowc imported Metaflow')\n")
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(store), "FLOWC_STORE": str(store)},
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    assert flowc("run", str(tutorial("02-statistics/stats.py")), store=folder).returncode == 0
    return folder


@pytest.mark.parametrize("episode", EPISODES)
def test_tutorial_compiles(episode: str, store: Path) -> None:
    done = flowc("compile", str(tutorial(episode)), "--image", "any:1", store=store)

    assert done.returncode == 0, done.stderr
    assert "kind: WorkflowTemplate" in done.stdout


@pytest.mark.parametrize("episode", EPISODES)
def test_tutorial_runs(episode: str, store: Path) -> None:
    needed = NEEDS.get(episode)
    if needed and not find_spec(needed):
        pytest.skip(f"the tutorial itself imports {needed}, which is not installed")

    done = flowc("run", str(tutorial(episode)), store=store)

    assert done.returncode == 0, done.stderr
    assert " finished: " in done.stderr
