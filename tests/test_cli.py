"""The command line: what it loads, prints and leaves behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stored import artifacts

ROOT = Path(__file__).parents[1]
FLOWS = ROOT / "fixtures" / "flows"
TERMINAL = {"FORCE_COLOR", "TTY_COMPATIBLE"}
HEAVY = (
    "libcst",
    "pathspec",
    "hera",
    "boto3",
    "botocore",
    "airflow_client",
    "jinja2",
    "yaml",
    "rich",
)


def flowc(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | {"COLUMNS": "100"},
    )


def loaded(*words: str) -> set[str]:
    """The top-level packages that a Python command imports."""
    environment = {key: word for key, word in os.environ.items() if key not in TERMINAL}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return set(re.findall(r"\| +([a-zA-Z_]\w*)", done.stderr))


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("compile", "--help")])
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    assert not loaded("-m", "flowc", *words) & set(HEAVY)


def test_runtime_loads_only_the_standard_library() -> None:
    imported = loaded("-c", "import flowc.runtime") - loaded("-c", "pass")

    assert imported <= sys.stdlib_module_names | {"flowc"}


def test_compile_loads_only_what_it_needs() -> None:
    compiling = loaded("-m", "flowc", "compile", str(FLOWS / "linear" / "flow.py"))

    assert not compiling & {"hera", "boto3", "botocore", "airflow_client", "jinja2", "pathspec"}


CARD = """
from metaflow import FlowSpec, card, step

class TestFlow(FlowSpec):
    @card
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize(
    ("words", "is_metaflow", "told"),
    [
        ((), True, "flow.py:5:5: `@card` needs Metaflow: flowc's native runtime renders no cards;"),
        (("--runtime", "metaflow"), True, "the flow runs under Metaflow\n"),
        (("--runtime", "native"), False, "hint: run the flow with `--runtime metaflow`"),
    ],
)
def test_the_plan_says_what_runs_the_steps(
    tmp_path: Path, words: tuple[str, ...], told: str, *, is_metaflow: bool
) -> None:
    (tmp_path / "flow.py").write_text(CARD)

    done = flowc("compile", "flow.py", "--with", "timeout:minutes=5", *words, cwd=tmp_path)

    assert done.returncode == 0
    assert ('"runtime":"metaflow"' in done.stdout) == is_metaflow
    assert ('"with":["timeout:minutes=5"]' in done.stdout) == is_metaflow
    assert told in done.stderr


def test_run_without_a_terminal_loads_no_tables(tmp_path: Path) -> None:
    flow = str(FLOWS / "linear" / "flow.py")
    running = loaded("-m", "flowc", "run", flow, "--datastore-root", str(tmp_path))

    assert "flowc" in running
    assert not running & {"rich", "pygments", "hera", "boto3", "jinja2"}


def test_compile_gives_the_same_bytes_from_anywhere(tmp_path: Path) -> None:
    source = FLOWS / "deep_mix" / "flow.py"

    here = flowc("compile", str(source.relative_to(ROOT)), cwd=ROOT)
    there = flowc("compile", "flow.py", cwd=source.parent)
    flowc("compile", str(source), "-o", str(tmp_path / "flow.yaml"))

    assert here.stdout == there.stdout == (tmp_path / "flow.yaml").read_text()
    assert str(ROOT) not in here.stdout


def test_compile_prints_the_ir() -> None:
    done = flowc("compile", "--target", "ir", str(FLOWS / "foreach" / "flow.py"))

    assert done.stdout == (FLOWS / "foreach" / "expected" / "ir.txt").read_text()
    assert not done.stderr


def test_options_of_compile_reach_the_manifest() -> None:
    flow = str(FLOWS / "foreach" / "flow.py")
    done = flowc("compile", flow, "--max-workers", "7", "--image", "team/image:3")

    assert "parallelism: 7" in done.stdout
    assert "image: team/image:3" in done.stdout
    assert not done.stderr


def test_one_of_several_flows_is_chosen_by_name(tmp_path: Path) -> None:
    text = (FLOWS / "linear" / "flow.py").read_text()
    body = text.partition("from __future__")[2] or text
    (tmp_path / "two.py").write_text(body + "\n\n" + text.replace("LinearFlow", "OtherFlow"))

    done = flowc("compile", "--target", "ir", f"{tmp_path}/two.py:OtherFlow")

    assert done.stdout.startswith("flow OtherFlow")


def test_run_keeps_artifacts_and_says_where(tmp_path: Path) -> None:
    flow = str(FLOWS / "parameters" / "flow.py")
    words = (FLOWS / "parameters" / "arguments.txt").read_text().split()

    done = flowc("run", flow, *words, "--max-workers", "2", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert not done.stdout
    [run] = [path.name for path in (tmp_path / ".metaflow" / "ParametersFlow").glob("1*")]
    assert run in done.stderr
    assert str(tmp_path / ".metaflow" / "ParametersFlow" / run) in done.stderr
    assert artifacts(tmp_path / ".metaflow", "ParametersFlow", run, ("end", "t"))


def test_run_help_shows_the_parameters() -> None:
    done = flowc("run", str(FLOWS / "train" / "flow.py"), "--help")

    assert done.returncode == 0
    assert "--wanted NUMBER" in done.stdout


def test_a_wrong_parameter_is_told_in_one_line(tmp_path: Path) -> None:
    done = flowc("run", str(FLOWS / "train" / "flow.py"), "--wanted", "much", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == "flowc: error: --wanted takes a number, not `much`\n"
    assert not list(tmp_path.iterdir())


def test_a_failed_run_shows_the_task_s_own_traceback(tmp_path: Path) -> None:
    flow = tmp_path / "flow.py"
    flow.write_text(
        "from flowc import FlowSpec, step\n\n\n"
        "class FailingFlow(FlowSpec):\n"
        "    @step\n"
        "    def start(self):\n"
        "        self.ratio = 1 / 0\n"
        "        self.next(self.end)\n\n"
        "    @step\n"
        "    def end(self):\n"
        "        pass\n"
    )

    done = flowc("run", "flow.py", cwd=tmp_path)

    assert done.returncode == 1
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "self.ratio = 1 / 0" in done.stderr
    assert "flowc/runtime" not in done.stderr
    assert "0.task_stderr.log" in done.stderr


def test_a_flow_of_flowc_runs_as_a_script(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FLOWS / "foreach" / "flow.py"), "run"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert "finished" in done.stderr


def test_a_script_tells_of_its_own_runs(tmp_path: Path) -> None:
    flow = str(FLOWS / "foreach" / "flow.py")
    flowc("run", flow, cwd=tmp_path)
    flowc("run", str(FLOWS / "linear" / "flow.py"), cwd=tmp_path)

    def script(*words: str) -> str:
        call = [sys.executable, flow, *words, "--format", "json"]
        return subprocess.run(call, capture_output=True, check=True, cwd=tmp_path, text=True).stdout

    assert [run["flow"] for run in json.loads(script("runs"))] == ["ForeachFlow"]
    assert json.loads(script("artifacts", "ForeachFlow/latest", "end"))


def test_rule_explains_a_code_by_number_or_name() -> None:
    by_code, by_name = flowc("rule", "FC201"), flowc("rule", "unknown-step")

    assert by_code.stdout == by_name.stdout
    assert "# FC201 unknown-step" in by_code.stdout


def test_plan_in_the_manifest_is_json() -> None:
    done = flowc("compile", str(FLOWS / "linear" / "flow.py"))
    [line] = [line for line in done.stdout.splitlines() if line.startswith("  plan.json: ")]

    plan = json.loads(line.removeprefix("  plan.json: '").removesuffix("'").replace("''", "'"))

    assert plan["flow"] == "LinearFlow"


def test_decorators_of_the_command_line_reach_the_manifest() -> None:
    flow = str(FLOWS / "linear" / "flow.py")
    done = flowc("compile", flow, "--with", "kubernetes:image=a:1,cpu=3", "--with", "retry:times=2")

    assert "image: a:1" in done.stdout
    assert "cpu: '3'" in done.stdout
    assert done.stdout.count("limit: 2") == 3


def test_a_wrong_decospec_is_told_before_anything_is_read() -> None:
    done = flowc("lint", "missing.py", "--with", "rety")

    assert done.returncode == 2
    expected = "flowc: error: --with knows no step decorator `rety`; write `--with retry`\n"
    assert done.stderr == expected


CONFIG = str(FLOWS / "config" / "flow.py")


def test_configurations_are_read_from_the_files_and_texts_that_are_named(tmp_path: Path) -> None:
    settings = json.loads((FLOWS / "config" / "settings.json").read_text())
    (tmp_path / "mine.json").write_text(json.dumps(settings | {"cpu": 2}))

    done = flowc(
        *("compile", CONFIG, "--image", "i:1", "--config", "settings", "mine.json"),
        *("--config-value", "logging", "level: low"),
        cwd=tmp_path,
    )

    assert not done.stderr
    assert "cpu: '2'" in done.stdout
    assert "value: LOW" in done.stdout


@pytest.mark.parametrize("command", ["compile", "graph", "lint", "run"])
def test_every_command_takes_configurations(command: str, tmp_path: Path) -> None:
    done = flowc(command, CONFIG, "--config", "settings", "nowhere.json", cwd=tmp_path)

    assert done.returncode == 1
    assert "FC010 cannot read `nowhere.json`" in done.stdout + done.stderr


def test_a_configuration_is_given_one_way() -> None:
    done = flowc("lint", CONFIG, "--config", "a", "a.json", "--config-value", "a", "{}")

    assert done.returncode == 2
    assert done.stderr.startswith("flowc: error: config `a` is given a file and a value")


def test_run_help_shows_the_configurations() -> None:
    done = flowc("run", CONFIG, "--help")

    assert "--config settings FILE  Where to look, and how [default: settings.json]" in done.stdout


def test_a_script_takes_options_before_its_command(tmp_path: Path) -> None:
    script = (FLOWS / "source_roots" / "flow.py").read_text()
    (tmp_path / "flow.py").write_text(script.replace("shop.prices", "prices"))
    (tmp_path / "prices.py").write_text((FLOWS / "source_roots/lib/shop/prices.py").read_text())

    done = subprocess.run(
        [sys.executable, "flow.py", "--with", "catch", "run", "--currency", "run"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr


def test_a_script_knows_all_commands() -> None:
    from typer.main import get_command

    from flowc.cli.app import app
    from flowc.runtime.command import COMMANDS

    group = get_command(app)

    assert set(group.list_commands(None)) == set(COMMANDS)
    assert all(group.get_command(None, name).name == name for name in COMMANDS)
