"""What of a project's `pyproject.toml` is packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from package.packed import collected, write

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.package.collect import Package

PROJECT = """[project]
name = "shop"  # What is sold.

[tool.flowc]
source-roots = []

[tool.flowc.env.test]
image = "shop:1"
subnets = [
  "subnet-1",
]

[tool.shop]
colors = ["red"]
"""


def test_what_a_project_says_to_flowc_is_not_packed(tmp_path: Path) -> None:
    (file,) = (f for f in packed(tmp_path, PROJECT).files if f.name == "code/pyproject.toml")

    assert isinstance(file.source, bytes)
    assert file.size == len(file.source)
    assert file.source.decode() == (
        '[project]\nname = "shop"  # What is sold.\n\n[tool.shop]\ncolors = ["red"]\n'
    )
    other = f'{PROJECT}\n# Where it counts.\n[tool.flowc.env.prod]\nimage = "shop:2"\n'
    assert packed(tmp_path, other) == packed(tmp_path, PROJECT)


@pytest.mark.parametrize(
    "text",
    [
        'tool.flowc.deploy.image = "shop:1"\n',
        '[tool]\nflowc = {deploy = {image = "shop:1"}}\n',
        '[tool.flowc.package]\n[shop]\nmottos = """\n[tool.flowc.deploy]\n[motto]"""\n',
        "[project]\nname = 'shop'\n",
    ],
)
def test_a_project_that_cannot_be_taken_apart_is_packed_whole(text: str, tmp_path: Path) -> None:
    (file,) = (f for f in packed(tmp_path, text).files if f.name == "code/pyproject.toml")

    assert file.source == tmp_path / "pyproject.toml"
    assert file.size == len(text)


def packed(folder: Path, project: str) -> Package:
    package, _ = collected(write(folder, {"pyproject.toml": project}))
    assert package
    return package
