"""What docs/airflow.md shows is so: files, excerpts, settings, and commands that ask no Airflow."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import struct
import tomllib
from pathlib import Path

import pytest
import yaml
from command_line import CommandLine

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "airflow.md"
TEXT = PAGE.read_text(encoding="utf-8")
TRAIN = ROOT / "fixtures" / "flows" / "train"

# The commands whose way to an Airflow is an option.
LOCAL = ("lint", "package", "compile")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """The calls of flowc, as words."""
    lines = "\n".join(blocks("sh")).replace("\\\n", " ").split("\n")
    return [
        words[1:] for line in lines if (words := shlex.split(line, comments=True))[:1] == ["flowc"]
    ]


@pytest.fixture
def flowc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all that the page writes; the flow's own, in it, is the working directory."""
    for name in ("tmp", "srv/flows", "srv/airflow/dags"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copytree(TRAIN, tmp_path / "train", ignore=shutil.ignore_patterns("expected"))
    monkeypatch.chdir(tmp_path / "train")
    return tmp_path


def test_commands_that_ask_no_airflow_run(flowc: CommandLine, folder: Path) -> None:
    ran = [words for words in commands() if words[0] in LOCAL]
    assert len(ran) == 4

    for words in ran:
        done = flowc(*(_moved(word, folder) for word in words))
        assert done.code == 0, done.stderr

    assert (folder / "srv" / "airflow" / "dags" / "TrainFlow.py").exists()


@pytest.mark.usefixtures("folder")
def test_commands_know_all_their_options(flowc: CommandLine) -> None:
    for words in commands():
        known = flowc(words[0], "--help").stdout
        own = [word for word in words[1:] if word.startswith("--") and word != "--wanted"]
        assert all(re.search(rf"{word}\b", known) for word in own), words


def test_the_settings_deploy_the_flow(flowc: CommandLine, folder: Path) -> None:
    (settings,) = blocks("toml")
    assert set(tomllib.loads(settings)["tool"]["flowc"]["deploy"]) >= {"dags", "airflow-url"}
    without_server = re.sub(r"(?m)^airflow-url.*\n", "", settings)
    Path("pyproject.toml").write_text(_moved(without_server, folder))

    done = flowc("deploy", "flow.py", "--yes")

    assert done.code == 0, done.stderr
    assert (folder / "srv" / "airflow" / "dags" / "TrainFlow.py").exists()


@pytest.mark.usefixtures("folder")
def test_the_excerpt_is_what_is_compiled(flowc: CommandLine) -> None:
    excerpt, _ = blocks("python")

    done = flowc(
        *("compile", "flow.py", "--target", "airflow", "--compute", "worker"),
        *("--datastore-root", "/srv/flows"),
    )

    assert done.stdout.endswith(excerpt)


def test_the_flow_that_an_event_starts_compiles(flowc: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "prices.py"
    file.write_text(blocks("python")[1])

    done = flowc(
        *("compile", str(file), "--target", "airflow", "--compute", "worker"),
        *("--datastore-root", "/srv/flows"),
    )

    assert done.code == 0, done.stderr
    assert 'Asset("new.prices")' in done.stdout
    assert "on_error_page" in done.stdout


def test_objects_of_json_and_yaml_can_be_read() -> None:
    shell = "\n".join(blocks("sh"))
    for text in re.findall(r"(?:--conf|-d) '(.*?)'", shell):
        json.loads(text)
    for text in blocks("yaml"):
        assert yaml.safe_load(text)["kind"] == "Role"


def test_what_the_page_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), target


def test_pictures_are_shown_and_of_moderate_size() -> None:
    pictures = sorted((PAGE.parent / "pictures").glob("airflow-*.png"))
    assert pictures

    for picture in pictures:
        content = picture.read_bytes()
        assert f"](pictures/{picture.name})" in TEXT
        assert len(content) < 200_000
        assert max(struct.unpack(">II", content[16:24])) < 2000


def _moved(text: str, folder: Path) -> str:
    """The same, with the folders of the page's machine below another one."""
    return re.sub(r"(?<![\w.])/(srv|tmp)/", rf"{folder}/\1/", text)
