"""What a flow's package holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import flowc
from flowc.diagnostics import Diagnostic, Span, failed, in_order
from flowc.ir.flow import Flow
from flowc.ir.plan import render_plan
from flowc.package.choice import read_choice
from flowc.package.layout import Layout, lay_out
from flowc.package.problems import large_package, too_large_package
from flowc.package.project_file import without_settings
from flowc.package.sizes import size_text
from flowc.package.walk import Packed, Walk

VERSION = 1
WARNED_SIZE = 50 << 20
LARGEST_SIZE = 1 << 30


@dataclass(frozen=True, slots=True)
class Package:
    """The files of a package in the order of their names; `source` is the flow's folder there."""

    flow: str
    source: str
    files: tuple[Packed, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def collect(
    flow: Flow, path: str, output: Path | None = None
) -> tuple[Package | None, list[Diagnostic]]:
    """What is packed for a flow whose file is at `path`, or why it cannot be.

    The file to write, `output`, is never packed, so that packing again gives the same. Raises
    `UsageError` if the project's own patterns cannot be read.
    """
    folder = Path(path).absolute().parent
    layout = lay_out(folder, flow.source_roots)
    code, diagnostics = _code(layout, path)
    if failed(diagnostics):
        return None, in_order(diagnostics)
    own = Packed(f"{layout.flow.place}/{flow.file}", *_measured(folder / flow.file))
    files = {own.name: own, **code, **_runtime(), **_descriptions(flow, layout)}
    if output:
        files = {name: file for name, file in files.items() if file.source != output.absolute()}
    source = str(layout.flow.place)
    package = Package(flow.name, source, tuple(files[name] for name in sorted(files)))
    diagnostics += _too_much(package, Span(path))
    return None if failed(diagnostics) else package, in_order(diagnostics)


def _code(layout: Layout, path: str) -> tuple[dict[str, Packed], list[Diagnostic]]:
    """The files of all trees, by name."""
    files: dict[str, Packed] = {}
    diagnostics: list[Diagnostic] = []
    for tree in layout.trees:
        choice = read_choice(layout.flow.folder, tree.folder)
        walk = Walk(tree, layout.trees, choice, str(Path(path).parent))
        if tree.folder.is_dir():
            walk.start()
        files |= {file.name: without_settings(file) for file in walk.files}
        diagnostics += walk.diagnostics
    return files, diagnostics


def _measured(file: Path) -> tuple[int, bool, Path]:
    found = file.stat()
    return found.st_size, bool(found.st_mode & 0o100), file


def _runtime() -> dict[str, Packed]:
    """The part of flowc that runs in a task."""
    top = Path(flowc.__file__).parent
    sources = (top / "__init__.py", *(top / "runtime").rglob("*.py"))
    names = {f"flowc/{source.relative_to(top).as_posix()}": source for source in sources}
    return {
        name: Packed(name, source.stat().st_size, executable=False, source=source)
        for name, source in names.items()
    }


def _descriptions(flow: Flow, layout: Layout) -> dict[str, Packed]:
    """The plan, and where the flow's folder is."""
    about = {"version": VERSION, "flow": flow.name, "source": str(layout.flow.place)}
    texts = {
        "package.json": json.dumps(about, sort_keys=True, separators=(",", ":")),
        "plan.json": render_plan(flow),
    }
    contents = {name: text.encode() for name, text in texts.items()}
    return {
        name: Packed(name, len(content), executable=False, source=content)
        for name, content in contents.items()
    }


def _too_much(package: Package, span: Span) -> Iterator[Diagnostic]:
    if package.size <= WARNED_SIZE:
        return
    largest = sorted(package.files, key=lambda file: (-file.size, file.name))[:3]
    named = [f"{file.name} ({size_text(file.size)})" for file in largest]
    found = too_large_package if package.size > LARGEST_SIZE else large_package
    yield found(span, size_text(package.size), named)
