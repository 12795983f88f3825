"""What a package holds, and that it is the same wherever it is built."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest
from package.packed import FLOWS, archived, code_in, collected, members, package_of, refused, write

from flowc.driver import read_flow
from flowc.errors import UsageError
from flowc.ir.plan import render_plan
from flowc.package import collect as limits


def checked_out(source: Path, folder: Path, mask: int, *, backwards: bool) -> Path:
    """A copy of a project, its files made in another order, with other modes and times."""
    before = os.umask(mask)
    try:
        for path in sorted(source.rglob("*"), reverse=backwards):
            if path.is_file():
                copy = folder / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                os.utime(copy, (1, 10**9 * (1 + backwards)))
    finally:
        os.umask(before)
    return folder / "flow.py"


@pytest.mark.parametrize("name", ["source_roots", "config", "train"])
def test_two_checkouts_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    here = checked_out(FLOWS / name, tmp_path / "a", 0o002, backwards=False)
    there = checked_out(FLOWS / name, tmp_path / "far" / "away", 0o077, backwards=True)

    assert archived(here) == archived(there)


def test_the_archive_says_nothing_of_its_maker(tmp_path: Path) -> None:
    flow = write(tmp_path, {"tool.sh": "#!/bin/sh\n"})
    (tmp_path / "tool.sh").chmod(0o700)

    content, sha256 = archived(flow)

    assert hashlib.sha256(gzip.decompress(content)).hexdigest() == sha256
    assert content[3] == 0, "the header of gzip has no name"
    assert content[4:8] == bytes(4), "nor a time"
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = archive.getmembers()
    assert [each.name for each in found] == sorted(each.name for each in found)
    assert {(each.mtime, each.uid, each.gid, each.uname, each.gname) for each in found} == {
        (0, 0, 0, "", "")
    }
    assert {each.name: oct(each.mode) for each in found if each.name.startswith("code/")} == {
        "code/flow.py": "0o644",
        "code/tool.sh": "0o755",
    }


def test_another_file_is_another_package(tmp_path: Path) -> None:
    flow = write(tmp_path, {"a.txt": "a"})
    before = archived(flow)[1]

    (tmp_path / "a.txt").write_text("b")

    assert archived(flow)[1] != before


def test_a_package_holds_the_plan_and_only_flowc_s_runtime() -> None:
    flow = FLOWS / "train" / "flow.py"
    held = members(archived(flow)[0])
    parsed = read_flow(str(flow)).flow
    assert parsed

    assert held["plan.json"].decode() == render_plan(parsed)
    assert "flowc/runtime/shim.py" in held
    others = {name for name in held if not name.startswith(("code/", "flowc/runtime/"))}
    assert others == {"flowc/__init__.py", "package.json", "plan.json"}


def test_roots_lead_to_their_folders_as_on_disk(tmp_path: Path) -> None:
    project = "[tool.flowc]\nsource-roots = ['lib', '../shared/src', 'jobs/own']\n"
    files = {"pyproject.toml": project, "lib/a.py": "", "jobs/own/b.py": "", "jobs/flow.py": ""}
    flow = write(tmp_path / "team" / "jobs", {})
    write(tmp_path / "team", files)
    write(tmp_path / "shared", {"src/c.py": "", "other/d.py": ""})
    write(tmp_path / "team" / "jobs", {})

    held = members(archived(flow)[0])

    source = json.loads(held["package.json"])["source"]
    assert source == "code/team/jobs"
    roots = json.loads(held["plan.json"])["roots"]
    places = [os.path.normpath(f"{source}/{root}") for root in roots]
    assert places == ["code/team/lib", "code/shared/src", "code/team/jobs/own"]
    assert {name for name in held if name.startswith("code/")} == {
        "code/team/jobs/flow.py",
        "code/team/jobs/own/b.py",
        "code/team/lib/a.py",
        "code/shared/src/c.py",
    }


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    flow = write(
        tmp_path / "flows",
        {
            ".gitignore": "/out/\n*.bin\n!keep.bin\n!\n",
            "out/x": "",
            "deep/out/x": "",
            "a.bin": "",
            "keep.bin": "",
            "deep/.gitignore": "!b.bin\n*.txt\n",
            "deep/b.bin": "",
            "deep/c.bin": "",
            "deep/d.txt": "",
            "d.txt": "",
            "e.log": "",
        },
    )
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / ".git").mkdir()

    assert code_in(flow) == [
        ".gitignore",
        "d.txt",
        "deep/.gitignore",
        "deep/b.bin",
        "deep/out/x",
        "flow.py",
        "keep.bin",
    ]


def test_what_lies_above_the_repository_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.txt\n")
    flow = write(tmp_path / "flows", {"a.txt": ""})
    (tmp_path / "flows" / ".git").mkdir()

    assert code_in(flow) == ["a.txt", "flow.py"]


def test_a_flow_in_an_ignored_folder_is_packed(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("scratch/\n")
    (tmp_path / ".git").mkdir()
    files = {"a.txt": "", "b.log": "", ".gitignore": "*.log\n"}
    flow = write(tmp_path / "scratch" / "flows", files)

    assert code_in(flow) == [".gitignore", "a.txt", "flow.py"]


def test_a_source_root_is_packed_though_git_ignores_it(tmp_path: Path) -> None:
    project = "[tool.flowc]\nsource-roots = ['generated']\n"
    files = {"pyproject.toml": project, ".gitignore": "generated/\n", "generated/a.py": ""}

    assert "generated/a.py" in code_in(write(tmp_path, files))


def test_what_tools_leave_behind_is_left_out(tmp_path: Path) -> None:
    left = (
        *(".git/config", "__pycache__/flow.pyc", "deep/old.pyc", ".venv/bin/python"),
        *(".metaflow/x", "node_modules/a/b.js", "build/x", "dist/x", "my.egg-info/x"),
        "0123456789abcdef.flowc.tar.gz",
    )
    flow = write(tmp_path, dict.fromkeys([*left, "shop/build/__init__.py"], ""))

    write(tmp_path / "submodule", {".git": "gitdir: elsewhere"})

    assert code_in(flow) == ["flow.py", "shop/build/__init__.py", "submodule/flow.py"]


def test_a_project_adds_and_removes_files(tmp_path: Path) -> None:
    choice = "include = ['build/model.bin', '*.log', '/cache/']\nexclude = ['docs/', 'b.log']\n"
    files = {
        "pyproject.toml": f"[tool.flowc.package]\n{choice}",
        ".gitignore": "*.log\ncache\n",
        **dict.fromkeys(["build/model.bin", "build/other.bin", "build/deep/x.txt"], ""),
        **dict.fromkeys(["a.log", "b.log", "cache/x/y", "docs/a.md", ".venv/a.log"], ""),
    }

    assert code_in(write(tmp_path, files)) == [
        ".gitignore",
        "a.log",
        "build/model.bin",
        "cache/x/y",
        "flow.py",
        "pyproject.toml",
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[tool.flowc.package]\nexclude = 'docs'", "must be a list of patterns"),
        ("[tool.flowc.package]\nexclude = ['!']", "invalid"),
        ("[tool.flowc.package]\nexcludes = []", "knows no `excludes`"),
        ("[tool.flowc]\npackage = 1", "must be a table"),
        ("[tool.flowc.package", "cannot read"),
    ],
)
def test_patterns_that_cannot_be_understood_are_refused(
    table: str, said: str, tmp_path: Path
) -> None:
    flow = write(tmp_path, {"pyproject.toml": table})

    with pytest.raises(UsageError, match=said):
        collected(flow)


SECRETS = (
    *(".env", ".env.production", "deep/.ENV", "server.pem", "tls.key", "id_rsa", "id_ed25519"),
    *("aws/credentials", "a.p12", ".netrc", ".aws/config", "kubeconfig", ".ssh/known_hosts"),
)


@pytest.mark.parametrize("name", SECRETS)
def test_what_looks_like_a_secret_is_refused_unless_it_is_asked_for(
    name: str, tmp_path: Path
) -> None:
    flow = write(tmp_path, {name: ""})
    _, [found] = collected(flow)

    assert refused(flow) == [("FC050", name)]
    assert f"include = ['/{name}']" in found.finding.hint
    write(tmp_path, {"pyproject.toml": f"[tool.flowc.package]\ninclude = ['/{name}']"})
    assert name in code_in(flow)
    write(tmp_path, {"pyproject.toml": f"[tool.flowc.package]\nexclude = ['/{name}']"})
    assert name not in code_in(flow)


@pytest.mark.parametrize(
    ("pattern", "name", "allowed"),
    [
        ("/data/", "data/.env", False),
        ("*", ".env", False),
        ("*.json", "credentials.json", False),
        ("/.aws/", ".aws/config", True),
        ("*.pem", "certificates/public.pem", True),
        ("credentials.json", "a/credentials.json", True),
    ],
)
def test_a_pattern_allows_secrets_only_if_it_is_named_like_one(
    pattern: str, name: str, tmp_path: Path, *, allowed: bool
) -> None:
    project = f"[tool.flowc.package]\ninclude = ['{pattern}']"

    package, diagnostics = collected(write(tmp_path, {name: "", "pyproject.toml": project}))

    assert [each.code for each in diagnostics] == ([] if allowed else ["FC050"])
    assert (package is not None) == allowed


def test_a_link_to_a_secret_is_allowed_by_its_path(tmp_path: Path) -> None:
    project = "[tool.flowc.package]\ninclude = ['/notes']\nexclude = ['.env']"
    flow = write(tmp_path, {".env": "", "pyproject.toml": project})
    (tmp_path / "notes").symlink_to(".env")

    assert "notes" in code_in(flow)


def test_an_ignored_secret_and_an_example_of_one_are_no_matter(tmp_path: Path) -> None:
    files = {".gitignore": ".env\n", ".env": "", ".env.example": "", "credentials/__init__.py": ""}

    assert code_in(write(tmp_path, files)) == [
        ".env.example",
        ".gitignore",
        "credentials/__init__.py",
        "flow.py",
    ]


def test_links_inside_are_followed(tmp_path: Path) -> None:
    flow = write(tmp_path, {"a/b.txt": "b"})
    (tmp_path / "c").symlink_to("a")
    (tmp_path / "d.txt").symlink_to("a/b.txt")

    held = members(archived(flow)[0])

    assert {name: held[f"code/{name}"] for name in ("c/b.txt", "d.txt")} == {
        "c/b.txt": b"b",
        "d.txt": b"b",
    }


def test_links_elsewhere_are_refused(tmp_path: Path) -> None:
    flow = write(tmp_path / "flows", {".git/config": "", ".env": "", "a/b.txt": ""})
    (tmp_path / "flows" / ".gitignore").write_text(".env\n/ignored\n")
    links = {
        "file": "/etc/passwd",
        "folder": "..",
        "a/loop": "../a",
        "config": ".git/config",
        "notes": ".env",
        "broken": "nothing",
        "itself": "itself",
        "ignored": "/etc/passwd",
    }
    for name, target in links.items():
        (tmp_path / "flows" / name).symlink_to(target)

    assert refused(flow) == [
        ("FC051", "a/loop"),
        ("FC052", "broken"),
        ("FC051", "config"),
        ("FC051", "file"),
        ("FC051", "folder"),
        ("FC052", "itself"),
        ("FC050", "notes"),
    ]


def test_only_files_are_packed(tmp_path: Path) -> None:
    flow = write(tmp_path, {})
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()

    assert code_in(flow) == ["flow.py"]


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    flow = write(tmp_path, {})
    try:
        (tmp_path / os.fsdecode(b"\xff.txt")).touch()
    except OSError:
        pytest.skip("this file system has only names that are text")

    _, [found] = collected(flow)

    assert found.code == "FC052"


def test_names_of_any_length_and_script_are_kept(tmp_path: Path) -> None:
    name = "/".join(["ordner" * 20, "größe", "数据.txt"])
    flow = write(tmp_path, {name: "x"})

    assert members(archived(flow)[0])[f"code/{name}"] == b"x"


def test_folders_may_be_nested_deeply(tmp_path: Path) -> None:
    flow = write(tmp_path, {"a/" * 400 + "x": ""})

    assert len(code_in(flow)) == 2


def test_a_large_package_is_a_warning_that_names_the_largest_files(tmp_path: Path) -> None:
    flow = write(tmp_path, {"a.bin": "", "b.bin": ""})
    os.truncate(tmp_path / "a.bin", limits.WARNED_SIZE)

    package, [found] = collected(flow)

    assert package
    assert found.code == "FC053"
    assert "`code/a.bin (50.0 MiB)`" in found.message


def test_a_package_of_more_than_a_gibibyte_is_refused(tmp_path: Path) -> None:
    flow = write(tmp_path, {"a.bin": ""})
    os.truncate(tmp_path / "a.bin", limits.LARGEST_SIZE)

    package, [found] = collected(flow)

    assert package is None
    assert found.code == "FC054"


def test_a_file_that_shrinks_while_it_is_packed_is_told(tmp_path: Path) -> None:
    flow = write(tmp_path, {"a.txt": "long"})
    package = package_of(flow)
    (tmp_path / "a.txt").write_text("")

    from flowc.package.archive import write_archive

    with pytest.raises(UsageError, match=r"cannot pack code/a.txt: unexpected end"):
        write_archive(package, io.BytesIO())
