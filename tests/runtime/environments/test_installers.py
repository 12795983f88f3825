"""How environments are made: by uv or pip, of which Python, and what is told where they are not."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from pythons import bare
from runtime.environments.conftest import MAKING, NOWHERE, SOURCE, Lab, without_uv

WHEEL = {
    "METADATA": "Metadata-Version: 2.1\nName: flowc-words\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}


@pytest.mark.parametrize("wanted", [{"six": "9.9.9"}, {"flowc-no-such-package": ""}, {"a b": "1"}])
def test_what_is_nowhere_is_refused_in_a_line(uv: Lab, wanted: dict[str, str]) -> None:
    uv.write(packages={"pypi": wanted})
    done = uv.project.step("start")
    made, refused = done.stderr.splitlines()

    assert done.returncode == 64
    assert MAKING in made
    assert refused.startswith("flowc: cannot make the environment of step `start`: ")
    assert next(iter(wanted)).partition(" ")[0] in refused
    assert uv.environments() == []


def test_pip_says_it_in_a_line_as_well(lab: Lab) -> None:
    lab.write(packages={"pypi": {"six": "9.9.9"}})
    done = lab.project.step("start")

    assert done.returncode == 64
    assert done.stderr.splitlines()[-1] == (
        "flowc: cannot make the environment of step `start`: "
        "No matching distribution found for six==9.9.9"
    )
    assert len(done.stderr.splitlines()) == 2


def test_an_index_that_does_not_answer_may_do_so_later(either: Lab) -> None:
    either.write(packages={"pypi": {"six": "1.14.0"}})
    unreachable = {"PIP_INDEX_URL": NOWHERE, "UV_DEFAULT_INDEX": NOWHERE, "UV_NO_CACHE": "1"}
    done = either.project.step(
        "start", **unreachable, PIP_RETRIES="1", PIP_NO_CACHE_DIR="1", UV_HTTP_RETRIES="0"
    )

    assert done.returncode == 1, done.stderr
    assert "cannot make the environment of step `start`" in done.stderr
    assert [path for path in either.folder.iterdir() if path.is_dir()] == []
    assert either.project.record("done", "start") is None


@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_a_step_has_the_python_that_it_asks_for(uv: Lab, version: str) -> None:
    found = bare(version)
    if not found:
        pytest.skip(f"no Python {version} on this machine")
    uv.write(packages={"python": version, "pypi": {"six": "1.16.0"}})
    done = uv.project.step("start", PATH=without_uv(Path(found).parent))

    assert done.returncode == 0, done.stderr
    assert uv.project.artifact("python", "start") == version


def test_without_uv_other_versions_are_found_on_the_path(lab: Lab) -> None:
    here, other = bare("3.9"), bare("3.12")
    if not (here and other):
        pytest.skip("no Python 3.9 and 3.12 on this machine")
    lab.project.python = here
    lab.write(packages={"python": "3.12", "pypi": {"six": "1.16.0"}})
    done = lab.project.step("start", PATH=without_uv(Path(other).parent))

    assert done.returncode == 0, done.stderr
    assert lab.project.artifact("python", "start") == "3.12"


def test_the_python_that_is_here_is_taken(lab: Lab) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    lab.write(packages={"python": version, "pypi": {"six": "1.16.0"}})
    done = lab.project.step("start", PATH="/usr/bin:/bin")

    assert done.returncode == 0, done.stderr
    assert lab.project.artifact("version", "start") == "1.16.0"


def test_without_packages_there_still_is_the_python(lab: Lab) -> None:
    lab.write(SOURCE.replace('__import__("six").__version__', "1"), packages={"python": "3"})
    done = lab.project.step("start")

    assert done.returncode == 0, done.stderr
    assert [Path(lab.project.artifact("prefix", "start"))] == lab.environments()


@pytest.mark.parametrize(
    ("python", "advice"), [("3.99", "install it or uv"), ("3.8", "needs 3.9 or later"), ("x", "uv")]
)
def test_a_python_that_cannot_be_had_is_refused(lab: Lab, python: str, advice: str) -> None:
    lab.write(packages={"python": python})
    done = lab.project.step("start")

    assert done.returncode == 64
    (told,) = done.stderr.splitlines()
    assert f"asks for Python {python}" in told
    assert advice in told


def test_packages_come_from_where_the_installers_are_told(either: Lab, tmp_path: Path) -> None:
    wheel = tmp_path / "wheels" / "flowc_words-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("flowc_words.py", "__version__ = 'own'\n")
        for name, text in WHEEL.items():
            archive.writestr(f"flowc_words-1.0.dist-info/{name}", text)
    source = SOURCE.replace('"six"', '"flowc_words"')
    either.write(source, packages={"pypi": {"flowc-words": "1.0"}})
    links = str(wheel.parent)
    done = either.project.step("start", PIP_FIND_LINKS=links, PIP_NO_INDEX="1", UV_FIND_LINKS=links)

    assert done.returncode == 0, done.stderr
    assert either.project.artifact("version", "start") == "own"
