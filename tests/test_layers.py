"""The direction of imports: which layer may know which, and where each package is at home."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "flowc"

MAY_IMPORT = {
    "errors": set(),
    "fingerprint": set(),
    "names": {"fingerprint"},
    "diagnostics": set(),
    "ir": {"diagnostics", "errors", "fingerprint", "__init__"},
    "yaml_text": set(),
    "syntax": {"ir", "diagnostics", "yaml_text"},
    "passes": {"ir", "diagnostics"},
    "lint": {"ir", "diagnostics"},
    "targets": {"ir", "diagnostics", "errors", "fingerprint", "names", "yaml_text", "__init__"},
    "graph": {"ir", "errors"},
    "package": {"ir", "diagnostics", "errors", "files", "names", "__init__"},
    "deploy": {"errors", "fingerprint", "names", "runtime", "table", "terminal", "__init__"},
    "local": {"ir", "errors", "runtime"},
    "runtime": {"__init__"},
    "history": {"runtime", "local", "errors"},
    "terminal": set(),
    "table": {"terminal"},
    "report": {"diagnostics"},
    "progress": {"ir", "local", "runtime", "terminal"},
    "files": {"errors"},
    "decospec": {"passes", "ir", "diagnostics", "errors"},
    "run_root": {"errors", "local", "runtime"},
    "resume": {"errors", "history", "ir", "local", "runtime"},
    "driver": {"syntax", "passes", "lint", "ir", "diagnostics"},
    "catalogue": {"syntax", "passes", "lint", "targets", "package", "diagnostics", "errors"},
    "cli": {"*"},
    "__main__": {"cli"},
    "__init__": {"runtime"},
}

HOME = {
    "libcst": {"syntax"},
    "yaml": {"yaml_text"},
    "typer": {"cli"},
    "rich": {"progress/live", "table"},
    "pathspec": {"package"},
    "jinja2": {"package/dockerfile", "targets/airflow/template"},
    # The bootstrap is a single file, which cannot ask another for what it needs.
    "boto3": {"runtime/s3_", "runtime/aws_secrets", "runtime/bootstrap", "deploy/step_functions/"},
    "botocore": {
        "runtime/s3_",
        "runtime/aws_secrets",
        "runtime/bootstrap",
        "deploy/step_functions/",
    },
    "s3transfer": {"runtime/s3_"},
    "metaflow": {"runtime/metaflow_"},
    "airflow_client": {"deploy/airflow/api3"},
    "urllib3": {"deploy/airflow/"},
    "fsspec": {"runtime/fsspec_store", "runtime/bootstrap"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)


def layers_known(path: Path) -> Iterator[str]:
    for name in imports(path):
        first, _, rest = name.partition(".")
        if first == "flowc":
            inner = rest.partition(".")[0]
            is_module = (PACKAGE / inner).is_dir() or (PACKAGE / f"{inner}.py").exists()
            yield inner if inner and is_module else "__init__"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_layer_imports_only_what_it_may(path: Path) -> None:
    layer = layer_of(path)
    allowed = MAY_IMPORT[layer] | {layer}

    strangers = set(layers_known(path)) - allowed if "*" not in allowed else set()

    assert not strangers


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_package_is_imported_only_at_its_home(path: Path) -> None:
    place = path.relative_to(PACKAGE).with_suffix("").as_posix()
    foreign = {
        name.partition(".")[0]
        for name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names | {"flowc"}
    }

    homeless = {
        name for name in foreign if not any(place.startswith(home) for home in HOME.get(name, ()))
    }

    assert not homeless


def test_targets_do_not_know_each_other() -> None:
    targets = {path.name for path in (PACKAGE / "targets").iterdir() if path.is_dir()}
    for path in (PACKAGE / "targets").rglob("*/*.py"):
        others = targets - {path.parent.name}
        assert not [
            name
            for name in imports(path)
            if name.startswith(tuple(f"flowc.targets.{t}." for t in others))
        ]
