"""Steps that name packages, which run in environments of their own. The packages are real."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pythons import bare
from runtime.conftest import Project

if TYPE_CHECKING:
    from s3_server import Server

MAKING = "gets an environment of its own"
# Where nobody listens.
NOWHERE = "http://127.0.0.1:9"
SIX = {"packages": {"pypi": {"six": "1.16.0"}}}
SOURCE = """
@step
def start(self):
    import os, sys
    self.version = __import__("six").__version__
    self.python = "%d.%d" % sys.version_info[:2]
    self.prefix = sys.prefix
    self.next(self.end)

@step
def end(self):
    self.version = __import__("six").__version__
"""

WHEEL = {
    "METADATA": "Metadata-Version: 2.1\nName: flowc-words\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}


class Lab:
    """A project whose tasks make environments in a folder of their own."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.folder = folder

    def write(self, source: str = SOURCE, **first: Any) -> None:
        """A flow of two steps, of which the first one has what is given."""
        self.project.linear(source, "start", "end", **first)

    def environments(self) -> list[Path]:
        """Those that tasks can find, by what they are."""
        links = filter(Path.is_symlink, self.folder.iterdir()) if self.folder.exists() else ()
        return sorted(link.resolve() for link in links)


def without_uv(*more: Path) -> str:
    """The path without what has a uv, and with other folders before it."""
    folders = os.environ["PATH"].split(os.pathsep)
    kept = (folder for folder in folders if not shutil.which("uv", path=folder))
    return os.pathsep.join([*map(str, more), *kept])


@pytest.fixture
def lab(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Where pip is all there is: this Python as it was before an environment was made of it."""
    monkeypatch.setenv("FLOWC_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.setenv("PATH", without_uv())
    project.python = str(Path(sys.executable).resolve())
    return Lab(project, tmp_path / "environments")


@pytest.fixture
def uv(lab: Lab) -> Lab:
    """Where uv is there, which is installed beside this Python."""
    lab.project.python = sys.executable
    return lab


@pytest.fixture(params=["uv", "pip"])
def either(lab: Lab, request: pytest.FixtureRequest) -> Lab:
    if request.param == "uv":
        lab.project.python = sys.executable
    return lab


def test_two_steps_have_two_versions_of_a_package(either: Lab) -> None:
    project = either.project
    project.write(
        SOURCE,
        {
            "start": {"kind": "linear", "next": ["end"], **SIX},
            "end": {"kind": "end", "packages": {"pypi": {"six": "1.15.0"}}},
        },
        [{"task": "start"}, {"task": "end"}],
    )

    project.run()

    assert project.artifact("version", "start") == "1.16.0"
    assert project.artifact("version", "end") == "1.15.0"
    assert Path(project.artifact("prefix", "start")) in either.environments()
    assert len(either.environments()) == 2


def test_tasks_that_start_at_once_share_an_environment(either: Lab) -> None:
    either.write(**SIX)
    runs = [str(number) for number in range(4)]

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda run: either.project.step("start", "t", "--run", run), runs))

    assert [each.returncode for each in done] == [0] * 4, [each.stderr for each in done]
    assert sum(MAKING in each.stderr for each in done) == 1
    assert len(either.environments()) == 1


def test_an_environment_is_made_once(either: Lab) -> None:
    either.write(**SIX)
    first = either.project.step("start")
    second = either.project.step(
        "start", PIP_INDEX_URL=NOWHERE, UV_DEFAULT_INDEX=NOWHERE, UV_OFFLINE="1"
    )

    assert MAKING in first.stderr
    assert (second.returncode, second.stderr) == (0, "")


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


def test_the_fallback_of_catch_needs_no_environment(lab: Lab) -> None:
    lab.write(catch={"artifact": "failure"}, packages={"pypi": {"flowc-no-such-package": ""}})
    done = lab.project.step("start", attempt=1)

    assert done.returncode == 0, done.stderr
    assert lab.project.record("done", "start")["caught"]
    assert MAKING not in done.stderr


def test_an_attempt_counts_once(uv: Lab) -> None:
    uv.write(**SIX)
    done = uv.project.step("start", attempt="auto")

    assert done.returncode == 0, done.stderr
    assert uv.project.record("done", "start")["attempt"] == 0
    assert uv.project.record("attempts", "start", "t@1") is None


def test_what_is_beside_flowc_is_not_in_it(uv: Lab) -> None:
    uv.write(
        """
        @step
        def start(self):
            import importlib.util, sys
            self.found = [name for name in ("six", "flowc", "libcst", "boto3")
                          if importlib.util.find_spec(name)]
            self.next(self.end)

        @step
        def end(self): pass
        """,
        **SIX,
    )
    done = uv.project.step("start", PYTHONPATH="")

    assert done.returncode == 0, done.stderr
    assert uv.project.artifact("found", "start") == ["six", "flowc"]


def test_the_scripts_of_packages_are_on_the_path(either: Lab) -> None:
    either.write(
        """
        @step
        def start(self):
            import subprocess
            told = subprocess.run(["tabulate"], input="a b", capture_output=True, text=True)
            self.table = told.stdout.splitlines()
            self.next(self.end)

        @step
        def end(self): pass
        """,
        packages={"pypi": {"tabulate": "0.9.0"}},
    )
    done = either.project.step("start")

    assert done.returncode == 0, done.stderr
    assert either.project.artifact("table", "start")[1] == "a  b"


def test_processes_that_a_step_starts_find_flowc(uv: Lab) -> None:
    uv.write(
        """
        @step
        def start(self):
            import multiprocessing
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                self.version = pool.apply(version)
            self.next(self.end)

        @step
        def end(self): pass
        """,
        **SIX,
    )
    flow = uv.project.folder / "flow.py"
    version = "def version():\n    return __import__('six').__version__\n\n\nclass F("
    flow.write_text(flow.read_text().replace("class F(", version))
    done = uv.project.step("start", PYTHONPATH="")

    assert done.returncode == 0, done.stderr
    assert uv.project.artifact("version", "start") == "1.16.0"


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


def test_what_a_killed_task_left_is_swept_away(uv: Lab) -> None:
    uv.write(**SIX)
    uv.project.step("start")
    (link,) = filter(Path.is_symlink, uv.folder.iterdir())
    left = link.with_name(f"{link.name}-killed")
    left.mkdir()
    link.unlink()

    done = uv.project.step("start")

    assert done.returncode == 0, done.stderr
    assert MAKING in done.stderr
    folders = [path for path in uv.folder.glob(f"{link.name}-*") if path.is_dir()]
    assert folders == uv.environments()
    assert not left.exists()


def test_an_environment_whose_python_is_gone_is_made_again(uv: Lab) -> None:
    uv.write(**SIX)
    uv.project.step("start")
    (place,) = uv.environments()
    (place / "bin" / "python").unlink()

    done = uv.project.step("start")

    assert done.returncode == 0, done.stderr
    assert uv.environments() != [place]


def test_a_folder_that_cannot_be_is_refused(lab: Lab) -> None:
    lab.folder.write_text("a file")
    lab.write(**SIX)
    done = lab.project.step("start")

    assert done.returncode == 64
    assert "cannot make environments in" in done.stderr
    assert "FLOWC_ENVIRONMENTS" in done.stderr


def test_what_another_execution_committed_meanwhile_stands(uv: Lab) -> None:
    uv.write(**SIX)
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: uv.project.step("start"), range(2)))

    assert [each.returncode for each in done] == [0, 0]
    assert not (uv.project.store / "F/1/_flowc/replaced").exists()


def test_a_task_that_was_done_runs_again_on_purpose(uv: Lab) -> None:
    uv.write(**SIX)
    uv.project.step("start")
    uv.write(SOURCE.replace('__import__("six").__version__', "2"), **SIX)
    uv.project.step("start")

    assert uv.project.artifact("version", "start") == 2
    assert (uv.project.store / "F/1/_flowc/replaced").exists()


def test_a_store_in_a_bucket_is_reached_from_it(uv: Lab, s3: Server) -> None:
    uv.project.url = f"s3://{s3.bucket()}/runs"
    uv.write(**SIX)
    done = uv.project.step("start", PYTHONPATH="")

    assert done.returncode == 0, done.stderr
    assert uv.project.artifact("version", "start") == "1.16.0"


def test_tasks_of_a_region_have_their_environments(uv: Lab) -> None:
    uv.project.write(
        """
        @step
        def start(self):
            self.xs = [1, 2]
            self.next(self.fit, foreach="xs")

        @step
        def fit(self):
            self.version = __import__("six").__version__
            self.next(self.join)

        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self): pass
        """,
        {
            "start": {"kind": "foreach", "next": ["fit"], "artifact": "xs"},
            "fit": {"kind": "linear", "next": ["join"], **SIX},
            "join": {"kind": "linear", "next": ["end"], "join": True},
            "end": {"kind": "end"},
        },
        [
            {"task": "start", "emits": "count"},
            {"foreach": "start", "body": [{"task": "fit"}]},
            {"task": "join"},
            {"task": "end"},
        ],
    )
    uv.project.step("start")
    words = ("--plan", "plan.json", "--store", uv.project.url, "--run", "1", "--path", "t")
    done = uv.project.shim("region", "start", *words)

    assert done.returncode == 0, done.stderr
    assert uv.project.artifact("version", "fit", "t.1") == "1.16.0"


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
