"""The Dockerfile of a package, followed by hand where there is no Docker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from package.packed import FLOW, write
from stored import artifacts

ROOT = Path(__file__).parents[2]
TOLD = FLOW.replace("from flowc import", "import code\nimport flowc\nfrom flowc import").replace(
    "self.next(self.end)",
    "self.origins = [flowc.__file__, code.__file__]\n        self.next(self.end)",
)


def build(
    folder: Path, image: str = "python:3.12-slim", output: str = "all.tgz"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "flowc", "package", "build", "flow.py"),
            *("-o", output, "--image", image),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    lines = dockerfile.read_text().splitlines()
    said = [line.partition(" ") for line in lines if not line.startswith("#")]
    return [(word, rest) for word, _, rest in said]


def follow(dockerfile: Path, image: Path) -> tuple[Path, dict[str, str]]:
    """Do what a Dockerfile says, in a new environment of Python; the folder and variables left."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", image], check=True)
    here = str(image / "opt" / "flowc")
    variables = {"PATH": f"{image}/bin:{os.environ['PATH']}"}
    folder = image
    for word, rest in instructions(dockerfile):
        on_disk = rest.replace("/opt/flowc", here)
        match word:
            case "FROM":
                assert rest == "python:3.12-slim"
            case "ADD":
                name, target = json.loads(on_disk)
                with tarfile.open(dockerfile.parent / name) as archive:
                    archive.extractall(target, filter="data")
            case "RUN":
                subprocess.run(json.loads(on_disk), env=variables, check=True)
            case "ENV":
                name, _, value = on_disk.partition("=")
                variables[name] = value
            case "WORKDIR":
                folder = Path(on_disk)
            case _:
                raise AssertionError(word)
    return folder, variables


def test_tasks_run_in_an_image_that_holds_the_package(tmp_path: Path) -> None:
    write(tmp_path / "flow", {"flow.py": TOLD, "__init__.py": ""})
    done = build(tmp_path / "flow")
    assert done.returncode == 0, done.stderr

    folder, variables = follow(tmp_path / "flow" / "all.tgz.flowc.Dockerfile", tmp_path / "image")
    words = ("--store", str(tmp_path / "store"), "--run", "1", "--path", "t")
    task = subprocess.run(
        ["python", "-m", "flowc.runtime", "step", "start", *words],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert task.returncode == 0, task.stderr
    found = artifacts(tmp_path / "store", "SmallFlow", "1", ("start", "t"))["origins"]
    assert found == [
        f"{tmp_path}/image/opt/flowc/flowc/__init__.py",
        str(Path(os.__file__).with_name("code.py")),
    ]


def test_requirements_beside_the_flow_are_installed(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "pandas\n"})
    build(tmp_path)

    runs = [rest for word, rest in instructions(tmp_path / "all.tgz.flowc.Dockerfile")]

    [pip] = [json.loads(rest) for rest in runs if "pip" in rest]
    assert pip[-2:] == ["-r", "/opt/flowc/code/requirements.txt"]


def test_dockerfiles_of_packages_are_not_packed(tmp_path: Path) -> None:
    write(tmp_path, {})

    digests = [build(tmp_path).stdout for _ in range(2)]

    assert digests[0] == digests[1] != ""


@pytest.mark.parametrize(
    ("image", "output"), [("a\nRUN evil", "all.tgz"), ("$IMAGE", "all.tgz"), ("a", "a b.tgz")]
)
def test_names_that_docker_would_read_otherwise_are_refused(
    image: str, output: str, tmp_path: Path
) -> None:
    write(tmp_path, {})

    done = build(tmp_path, image, output)

    assert done.returncode == 2
    assert done.stderr.startswith("flowc: error: ")
    assert [path.name for path in tmp_path.iterdir()] == ["flow.py"]
