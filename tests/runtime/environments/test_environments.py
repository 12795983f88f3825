"""Steps that name packages run in environments of their own, made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.environments.conftest import MAKING, NOWHERE, SIX, SOURCE, Lab

if TYPE_CHECKING:
    from s3_server import Server


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


def test_the_plan_may_be_a_text(uv: Lab) -> None:
    uv.write(**SIX)
    text = (uv.project.folder / "plan.json").read_text()
    options = ["--store", uv.project.url, "--run", "1", "--path", "t"]

    done = uv.project.shim("step", "start", *options, FLOWC_PLAN=text)

    assert done.returncode == 0, done.stderr
    assert uv.project.artifact("version", "start") == "1.16.0"


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
