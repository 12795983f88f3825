"""Tasks run from a package, where there is nothing but Python."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from package.containers import REFUSED, Container, Engine, packed
from package.packed import FLOWS, members, write
from s3_server import Server, settings
from stored import Task, artifacts, parents

from flowc.driver import read_flow
from flowc.ir.flow import Flow
from flowc.local.engine import run
from flowc.local.settings import RunSettings
from flowc.runtime.store import open_store
from flowc.targets.start import bootstrap_text, one_line


@pytest.mark.parametrize("name", ["source_roots", "config", "train", "multi_step_loop"])
def test_a_packed_flow_leaves_the_artifacts_of_a_local_run(name: str, tmp_path: Path) -> None:
    flow = read_flow(str(FLOWS / name / "flow.py")).flow
    assert flow
    copy = tmp_path / "source"
    shutil.copytree(FLOWS / name, copy)
    place = packed(copy / "flow.py", tmp_path / "container")
    shutil.rmtree(copy)
    if name == "config":
        # The flow itself imports yaml, which its image would have.
        place.flags = ("-I",)

    Engine(flow, place).block(flow.body)
    settings = RunSettings("local", place.store, FLOWS / name, max_workers=2)
    result = run(flow, settings, lambda _: None)

    assert result.succeeded, result.failures
    assert _all(place, flow, "packed") == _all(place, flow, "local")
    assert [path.name for path in place.unpacked()] == [place.sha256]


def test_a_region_runs_from_a_package(tmp_path: Path) -> None:
    source = FLOWS / "multi_step_loop"
    flow = read_flow(str(source / "flow.py")).flow
    assert flow
    place = packed(source / "flow.py", tmp_path / "container")
    region = ["region" if word == "step" else word for word in place.words("judge")]

    codes = [place.task("start"), place.start(region), place.task("end")]
    result = run(flow, RunSettings("local", place.store, source), lambda _: None)

    assert [done.returncode for done in codes] == [0, 0, 0], codes[1].stderr
    assert result.succeeded
    assert _all(place, flow, "packed") == _all(place, flow, "local")


def _all(place: Container, flow: Flow, run_id: str) -> dict[Task, dict[str, object]]:
    tasks = parents(place.store, flow.name, run_id)
    return {task: artifacts(place.store, flow.name, run_id, task) for task in tasks}


ORIGINS = """\
import code
import os
import sys

import flowc
import flowc.runtime.task
from flowc import FlowSpec, step
from lib.near import NEAR
from far import FAR


class OriginFlow(FlowSpec):
    @step
    def start(self):
        inside = [flowc.__file__, flowc.runtime.task.__file__, __file__]
        self.names = [os.path.relpath(path, os.environ["TMPDIR"]) for path in inside]
        self.near, self.far = NEAR, FAR
        self.library = os.path.dirname(code.__file__) == os.path.dirname(os.__file__)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.fixture
def origins(tmp_path: Path) -> Container:
    """A flow that tells where its modules come from; its folder has the name of one of Python's."""
    project = "[tool.flowc]\nsource-roots = ['../src']\n"
    files = {"lib/near.py": "NEAR = 1\n", "__init__.py": "", "pyproject.toml": project}
    flow = write(tmp_path / "code", {"flow.py": ORIGINS, **files})
    write(tmp_path / "src", {"far.py": "FAR = 2\n"})
    return packed(flow, tmp_path / "container")


def test_flowc_and_roots_come_from_the_package(origins: Container) -> None:
    done = origins.task("start")

    assert done.returncode == 0, done.stderr
    found = artifacts(origins.store, "OriginFlow", "packed", ("start", "t"))
    top = f"flowc-{os.geteuid()}/{origins.sha256}"
    assert found["names"] == [
        f"{top}/flowc/__init__.py",
        f"{top}/flowc/runtime/task.py",
        f"{top}/code/code/flow.py",
    ]
    assert (found["near"], found["far"], found["library"]) == (1, 2, True)


def test_an_installed_flowc_is_not_taken(origins: Container) -> None:
    # This environment has flowc installed, and even runs the file as a module of it.
    origins.flags = ()
    words = origins.words("start")
    words[1:3] = ["-m", "flowc.runtime.bootstrap"]

    done = origins.start(words)

    assert done.returncode == 0, done.stderr
    found = artifacts(origins.store, "OriginFlow", "packed", ("start", "t"))
    assert str(found["names"]).count(origins.sha256) == 3


PACKAGES = """\
from flowc import FlowSpec, pypi, step
from beside import BESIDE


class PackagesFlow(FlowSpec):
    @pypi(packages={"six": "1.16.0"})
    @step
    def start(self):
        import flowc
        import six

        self.seen = six.__version__, BESIDE, flowc.__file__
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_step_with_packages_runs_from_a_package(tmp_path: Path) -> None:
    flow = write(tmp_path / "code", {"flow.py": PACKAGES, "beside.py": "BESIDE = 1\n"})
    container = packed(flow, tmp_path / "container")
    # What this machine needs to reach an index.
    of_network = ("HTTP", "NO_PROXY", "PIP_", "SSL_", "UV_")
    reach = {name: text for name, text in os.environ.items() if name.startswith(of_network)}
    variables = {**reach, "FLOWC_ENVIRONMENTS": str(tmp_path / "environments")}

    done = container.start(container.words("start"), variables)

    assert done.returncode == 0, done.stderr
    found = artifacts(container.store, "PackagesFlow", "packed", ("start", "t"))
    version, beside, place = found["seen"]  # type: ignore[misc]
    assert (version, beside) == ("1.16.0", 1)
    assert container.sha256 in os.path.realpath(place)


def test_the_command_is_one_line_for_a_shell_and_survives_engines(origins: Container) -> None:
    line = one_line(origins.words("start"))

    assert "\n" not in line
    assert line.isascii()
    # Kubernetes would put variables there, and Argo its own values.
    assert "$" not in line
    assert "{{" not in line
    done = origins.start(["sh", "-c", line])
    assert done.returncode == 0, done.stderr


def test_the_file_runs_by_itself(origins: Container) -> None:
    (origins.folder / "start.py").write_text(bootstrap_text())
    words = origins.words("start")
    words[3:5] = [str(origins.folder / "start.py")]

    assert origins.start(words).returncode == 0


def test_the_file_is_python_of_3_9_and_of_the_standard_library_alone() -> None:
    tree = ast.parse(bootstrap_text(), feature_version=(3, 9))

    named = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    # The package's own shim, and what reads a bucket where the store is there.
    assert named - sys.stdlib_module_names == {"flowc", "boto3", "botocore", "fsspec"}


def test_a_package_is_found_by_a_key_of_the_store(origins: Container) -> None:
    (origins.store / "packages").mkdir(parents=True)
    origins.package.rename(origins.store / "packages" / "it.tgz")

    done = origins.start(origins.words("start", key="packages/it.tgz"))

    assert done.returncode == 0, done.stderr


def test_a_package_is_unpacked_once(origins: Container) -> None:
    assert origins.task("start").returncode == 0
    origins.package.unlink()

    done = origins.task("end")

    assert done.returncode == 0, done.stderr


def test_tasks_that_unpack_at_once_do_not_disturb_each_other(origins: Container) -> None:
    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(lambda _: origins.task("start"), range(6)))

    assert [each.returncode for each in done] == [0] * 6, [each.stderr for each in done]
    assert [path.name for path in origins.unpacked()] == [origins.sha256]


def test_a_plan_on_the_command_line_comes_before_that_of_the_package(origins: Container) -> None:
    plan = json.loads(members(origins.package.read_bytes())["plan.json"])
    (origins.folder / "other.json").write_text(json.dumps(plan | {"flow": "Other"}))

    done = origins.task("start", "t", "--plan", str(origins.folder / "other.json"))

    assert done.returncode == REFUSED
    assert "has no flow `Other`" in done.stderr


def test_the_exit_code_is_that_of_the_task(tmp_path: Path) -> None:
    flow = write(tmp_path / "flow", {"flow.py": ORIGINS.replace("import code", "raise KeyError")})
    place = packed(flow, tmp_path / "container")

    assert place.task("start").returncode == 1


def test_a_folder_that_others_may_write_to_is_refused(origins: Container) -> None:
    folder = origins.folder / f"flowc-{os.geteuid()}"
    folder.mkdir()
    folder.chmod(0o777)

    done = origins.task("start")

    assert done.returncode == REFUSED
    assert "others may write" in done.stderr


def test_a_missing_package_may_be_there_next_time(origins: Container) -> None:
    origins.package.unlink()

    done = origins.task("start")

    assert done.returncode == 1
    assert "No such file" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["step", "start"],
        ["--package", "a", "--sha256", "ab", "step", "start"],
        ["--package", "a", "--key", "b", "--sha256", "0" * 64, "step", "start"],
        ["--key", "b", "--sha256", "0" * 64, "step", "start"],
        ["--package", "ftp://a/b", "--sha256", "0" * 64, "step", "start"],
    ],
)
def test_calls_that_make_no_sense_are_refused(words: list[str], origins: Container) -> None:
    done = origins.start([*origins.words("start")[:5], *words])

    assert done.returncode == REFUSED
    assert done.stderr.startswith("flowc: ")
    assert "Traceback" not in done.stderr


def test_a_task_runs_from_a_package_on_s3(origins: Container, s3: Server) -> None:
    bucket = s3.bucket()
    s3.client.upload_file(str(origins.package), bucket, "flows/it.tgz")

    done = [_from_s3(origins, s3, bucket, key) for key in ("flows/none.tgz", "flows/it.tgz")]

    assert [each.returncode for each in done] == [1, 0]
    assert f"cannot read `s3://{bucket}/flows/none.tgz`" in done[0].stderr
    assert any(name.endswith("_flowc/done/start/t.json") for name in s3.keys(bucket))


@pytest.mark.parametrize("kind", ["gcs", "azure"])
def test_a_task_runs_from_a_package_in_a_bucket(
    request: pytest.FixtureRequest, origins: Container, kind: str
) -> None:
    server = request.getfixturevalue(kind)
    url = server.bucket()
    store = open_store(url)
    store.write("flows/it.tgz", origins.package.read_bytes())
    origins.flags = ("-I",)

    done = [
        origins.start([*origins.words("start", key=key), "--store", url], server.variables)
        for key in ("flows/none.tgz", "flows/it.tgz")
    ]

    assert [each.returncode for each in done] == [1, 0], done[1].stderr
    assert f"cannot read `{url}/flows/none.tgz` (FileNotFoundError)" in done[0].stderr
    (flow,) = (name for name in store.names("") if name != "flows")
    assert store.exists(f"{flow}/packed/_flowc/done/start/t.json")


def _from_s3(
    place: Container, s3: Server, bucket: str, key: str
) -> subprocess.CompletedProcess[str]:
    place.flags = ("-I",)  # boto3 is installed
    words = [*place.words("start", key=key), "--store", f"s3://{bucket}"]
    return place.start(words, settings(s3.endpoint))
