"""The command line as a user meets it when something is wrong: one clear word, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

STEPS = """
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
FLOW = f"from flowc import FlowSpec, step\n\n\nclass TestFlow(FlowSpec):{STEPS}"
TWO_FLOWS = f"{FLOW}\n\nclass OtherFlow(FlowSpec):{STEPS}"
WRONG = FLOW.replace("self.next(self.end)", "self.next(self.nowhere)")

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def flowc(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flowc", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "two.py").write_text(TWO_FLOWS)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "none.py").write_text("x = 1\n")
    (tmp_path / "syntax.py").write_text("def start(self:\n")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "comment.py").write_text("# Nothing else.\n")
    (tmp_path / "bytes.py").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    (tmp_path / "surrogate.py").write_bytes(b"# coding: unicode_escape\nx = '\\ud800'\n")
    (tmp_path / "coding.py").write_bytes(b"# coding: nowhere\n")
    (tmp_path / "nul.py").write_bytes(FLOW.encode() + b"\x00")
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.py").symlink_to("nowhere.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "fifo.py")
    return tmp_path


FILES = {
    "nowhere.py": "nowhere.py:1:1: FC001 cannot read the file: no such file or directory",
    "folder": "folder:1:1: FC001 cannot read the file: it is a folder",
    "flow.py/x": "flow.py/x:1:1: FC001 cannot read the file: not a directory",
    "broken.py": "broken.py:1:1: FC001 cannot read the file: no such file or directory",
    "loop.py": "loop.py:1:1: FC001 cannot read the file: too many levels of symbolic links",
    "fifo.py": "fifo.py:1:1: FC001 cannot read the file: it is no regular file",
    "bytes.py": "bytes.py:1:1: FC001 cannot read the file: it is not Python text",
    "latin.py": "latin.py:1:1: FC001 cannot read the file: it is not Python text",
    "surrogate.py": "surrogate.py:1:1: FC001 cannot read the file: it is not Python text",
    "coding.py": "coding.py:1:1: FC001 cannot read the file: it is not Python text",
    "nul.py": "nul.py:1:1: FC001 cannot read the file: it is not Python text",
    "n" * 300: f"{'n' * 300}:1:1: FC001 cannot read the file: file name too long",
    "syntax.py": "syntax.py:1:10: FC002 not valid Python: '(' was never closed",
    "none.py": "none.py:1:1: FC003 no flow in this file",
    "empty.py": "empty.py:1:1: FC003 no flow in this file",
    "comment.py": "comment.py:1:1: FC003 no flow in this file",
    "two.py": "two.py:14:7: FC004 several flows in this file: `TestFlow`, `OtherFlow`",
    "flow.py:NoFlow": "flow.py:1:1: FC005 no flow `NoFlow` in this file",
    "wrong.py": "wrong.py:7:24: FC201 step `start` leads to `nowhere`, which is no step",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", ["compile", "run"])
def test_a_wrong_file_is_one_diagnostic(folder: Path, command: str, name: str) -> None:
    answer = flowc(folder, command, name)

    first, *rest = answer.stderr.splitlines()
    assert first.startswith(FILES[name])
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert not any("FC" in line.partition("hint:")[0] for line in rest)
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("name", FILES)
def test_lint_writes_a_wrong_file_s_diagnostic_to_stdout(folder: Path, name: str) -> None:
    answer = flowc(folder, "lint", name)

    assert answer.stdout.startswith(FILES[name])
    assert answer.stderr == "1 error\n"
    assert answer.returncode == 1


@pytest.mark.skipif(AS_ROOT, reason="root may read every file")
def test_a_forbidden_file_is_one_diagnostic(folder: Path) -> None:
    (folder / "flow.py").chmod(0)

    answer = flowc(folder, "compile", "flow.py")

    assert answer.stderr.startswith("flow.py:1:1: FC001 cannot read the file: permission denied")
    assert (answer.returncode, answer.stdout) == (1, "")


def test_a_file_name_that_is_no_text_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = os.fsdecode(b"\xff.py")

    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    answers = [flowc(folder, command, odd) for command in ("compile", "lint")]

    for answer in answers:
        assert "�.py:1:1: FC001 cannot read the file" in answer.stdout + answer.stderr
        assert "internal error" not in answer.stderr
        assert answer.returncode == 1


def test_lint_takes_several_files_and_goes_on_after_a_wrong_one(folder: Path) -> None:
    answer = flowc(folder, "lint", "nowhere.py", "flow.py", "wrong.py", "two.py:OtherFlow")

    codes = [line.split()[1] for line in answer.stdout.splitlines() if ": FC" in line]
    assert codes == ["FC001", "FC201"]
    assert answer.stderr == "2 errors\n"
    assert answer.returncode == 1


def test_lint_of_sound_files_says_so(folder: Path) -> None:
    answer = flowc(folder, "lint", "flow.py", "two.py:TestFlow")

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "no findings\n")


CALLS = {
    ("compile", "flow.py", "--target", "nowhere"): "nowhere",
    ("compile", "flow.py", "--colour", "red"): "--colour",
    ("compile", "flow.py", "--max-workers", "many"): "many",
    ("compile", "flow.py", "--max-workers", "0"): "0",
    ("compile", "flow.py", "--target"): "--target",
    ("compile", "flow.py", "other.py"): "other.py",
    ("compile",): "FLOW",
    ("lint",): "FLOW",
    ("rule", "FC999"): "FC999",
    ("rule", "no-such-rule"): "no-such-rule",
    ("solve",): "solve",
    ("compile", "flow.py", "-o", "missing/flow.yaml"): "missing",
    ("compile", "flow.py", "-o", "folder"): "folder",
    ("compile", "flow.py", "-o", "flow.py/x"): "flow.py",
    ("compile", "flow.py", "-o", ""): "",
    ("run", "flow.py", "--colour", "red"): "--colour",
    ("run", "flow.py", "--max-workers", "0"): "0",
    ("run", "flow.py", "--datastore-root", "ftp://bucket"): "no store for `ftp://`",
    ("run", "flow.py", "--datastore-root", "s3://a"): "s3://BUCKET/PREFIX",
}


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_wrong_call_is_told_in_one_line(folder: Path, words: tuple[str, ...]) -> None:
    before = sorted(folder.rglob("*"))

    answer = flowc(folder, *words)

    told = [line for line in answer.stderr.splitlines() if "rror" in line]
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert len(told) == 1
    assert CALLS[words] in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "internal error" not in answer.stderr
    assert sorted(folder.rglob("*")) == before


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_forbidden_output_is_told_in_one_line(folder: Path) -> None:
    (folder / "folder").chmod(0o500)

    answer = flowc(folder, "compile", "flow.py", "-o", "folder/flow.yaml")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert len(answer.stderr.splitlines()) == 1


def test_a_failed_compile_leaves_the_output_as_it_was(folder: Path) -> None:
    output = folder / "flow.yaml"
    output.write_text("as it was\n")

    answer = flowc(folder, "compile", "wrong.py", "-o", "flow.yaml")

    assert answer.returncode == 1
    assert output.read_text() == "as it was\n"


def test_a_compile_replaces_the_output_as_a_whole(folder: Path) -> None:
    before = set(folder.iterdir())

    answer = flowc(folder, "compile", "flow.py", "-o", "flow.yaml")

    assert (answer.returncode, answer.stdout) == (0, "")
    assert set(folder.iterdir()) - before == {folder / "flow.yaml"}


@pytest.mark.parametrize(
    "words", [("compile", "long.py"), ("lint", "long.py"), ("rule",)], ids=" ".join
)
def test_a_closed_pipe_ends_the_command_quietly(folder: Path, words: tuple[str, ...]) -> None:
    many = "".join(f"    x{n} = Parameter('x y')\n" for n in range(2000))
    sound = many.replace("x y", "x{}")
    for number in range(2000):
        sound = sound.replace("x{}", f"x{number}", 1)
    parameters = sound if words[0] == "compile" else many
    text = FLOW.replace("FlowSpec, step", "FlowSpec, Parameter, step", 1)
    (folder / "long.py").write_text(text.replace("(FlowSpec):\n", f"(FlowSpec):\n{parameters}\n"))
    command = [sys.executable, "-m", "flowc", *words]

    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        told = process.stderr.read()

    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert "internal error" not in told
    assert process.returncode in (0, 1)
