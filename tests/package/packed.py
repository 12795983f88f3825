"""Projects on disk, and what their packages hold."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from flowc.diagnostics import Diagnostic
from flowc.driver import read_flow
from flowc.package.archive import write_archive
from flowc.package.collect import Package, collect

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
FLOW = """\
from flowc import FlowSpec, step


class SmallFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    SmallFlow()
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files by their names, and a flow in `flow.py` unless they name one; its path."""
    for name, text in {"flow.py": FLOW, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "flow.py"


def collected(flow: Path) -> tuple[Package | None, list[Diagnostic]]:
    reading = read_flow(str(flow))
    assert reading.flow, reading.diagnostics
    return collect(reading.flow, reading.path)


def package_of(flow: Path) -> Package:
    package, diagnostics = collected(flow)
    assert package, diagnostics
    return package


def code_in(flow: Path) -> list[str]:
    """The names of the flow's own files in its package, below `code/`."""
    names = [file.name for file in package_of(flow).files]
    return [name.removeprefix("code/") for name in names if name.startswith("code/")]


def refused(flow: Path) -> list[tuple[str, str]]:
    """The code and the file, below the flow's folder, of each finding that forbids a package."""
    package, diagnostics = collected(flow)
    assert package is None
    return [
        (each.code, Path(each.span.path).relative_to(flow.parent).as_posix())
        for each in diagnostics
    ]


def archived(flow: Path) -> tuple[bytes, str]:
    """The bytes of a flow's package, and the SHA-256 of its content."""
    output = io.BytesIO()
    sha256 = write_archive(package_of(flow), output)
    return output.getvalue(), sha256


def members(archive: bytes) -> dict[str, bytes]:
    """The files of an archive, by name."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        return {each.name: opened.extractfile(each).read() for each in opened.getmembers()}  # type: ignore[union-attr]
