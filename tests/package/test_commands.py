"""`flowc package`, from outside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from package.packed import FLOWS, archived, members, write


def flowc(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


def test_build_names_the_file_by_the_digest_that_it_prints(tmp_path: Path) -> None:
    flow = FLOWS / "train" / "flow.py"

    done = flowc("package", "build", str(flow), cwd=tmp_path)

    content, sha256 = archived(flow)
    assert done.stdout == f"{sha256[:16]}\n"
    assert f"SHA-256 of its content {sha256}" in done.stderr
    assert (tmp_path / f"{sha256[:16]}.flowc.tar.gz").read_bytes() == content


def test_building_again_beside_the_flow_gives_the_same(tmp_path: Path) -> None:
    write(tmp_path, {})
    words = ("package", "build", "flow.py", "-o", "all.tgz")

    digests = [flowc(*words, cwd=tmp_path).stdout for _ in range(2)]

    assert digests[0] == digests[1]
    assert "code/all.tgz" not in members((tmp_path / "all.tgz").read_bytes())


def test_what_cannot_be_packed_leaves_no_file(tmp_path: Path) -> None:
    write(tmp_path, {".env": ""})

    done = flowc("package", "build", "flow.py", cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith(".env:1:1: FC050 ")
    assert not done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "flow.py"]


def test_the_archive_does_not_go_to_stdout(tmp_path: Path) -> None:
    write(tmp_path, {})

    done = flowc("package", "build", "flow.py", "-o", "-", cwd=tmp_path)

    assert done.returncode == 2
    assert "name a file by --output FILE" in done.stderr


def test_ls_shows_each_file_with_its_size_and_all_together(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "x" * 2048, "odd\nname": ""})

    text = flowc("package", "ls", "flow.py", cwd=tmp_path).stdout
    listed = json.loads(flowc("package", "ls", "flow.py", "--format", "json", cwd=tmp_path).stdout)

    assert re.search(r"(?m)^ *2\.0 KiB  code/a\.txt$", text)
    assert re.search(rf"(?m)KiB  in {len(listed['files'])} files$", text)
    assert {"name": "code/a.txt", "size": 2048} in listed["files"]
    assert listed["size"] == sum(file["size"] for file in listed["files"])
    assert len(text.splitlines()) == len(listed["files"]) + 1


def test_configurations_and_decorators_reach_the_plan(tmp_path: Path) -> None:
    flow = str(FLOWS / "config" / "flow.py")
    words = ("package", "build", flow, "-o", "all.tgz", "--with", "retry:times=3")

    done = flowc(*words, "--config-value", "logging", "level: low", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    plan = json.loads(members((tmp_path / "all.tgz").read_bytes())["plan.json"])
    assert plan["configs"]["logging"] == "level: low"
    assert {step["retries"] for step in plan["steps"].values()} == {3}


def test_a_script_packs_itself(tmp_path: Path) -> None:
    write(tmp_path, {})

    done = subprocess.run(
        [sys.executable, "flow.py", "package", "build", "-o", "all.tgz"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"[0-9a-f]{16}\n", done.stdout)
