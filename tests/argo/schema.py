"""Argo's own JSON schema, and hera's models of it, as strict judges of a document.

Run as a script this is the worker that holds hera's models: importing hera changes PyYAML for the
whole process, and making the models strict takes several seconds.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Payload: TypeAlias = dict[str, Any]

SCHEMA_VARIABLE = "FLOWC_ARGO_SCHEMA"
_BESIDE_THE_REPOSITORY = (
    Path(__file__).parents[3] / "shared" / "data" / "argo-workflows-4.1.2.schema.json"
)
_PREFIX = "io.argoproj.workflow.v1alpha1."


def schema_path() -> Path:
    """Where Argo's schema is, or would be: the file is too large to be in the repository."""
    return Path(os.environ.get(SCHEMA_VARIABLE) or _BESIDE_THE_REPOSITORY)


needs_schema = pytest.mark.skipif(
    not schema_path().exists(),
    reason=f"Argo's JSON schema is not there; {SCHEMA_VARIABLE} may name it",
)


def schema_errors(document: Payload) -> list[str]:
    """What Argo's schema does not allow in a document, unknown fields included."""
    from jsonschema import Draft7Validator

    definitions = _strict_definitions()
    reference = f"#/definitions/{_PREFIX}{document['kind']}"
    validator = Draft7Validator({"$ref": reference, "definitions": definitions})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@cache
def _strict_definitions() -> Payload:
    definitions: Payload = json.loads(schema_path().read_text(encoding="utf-8"))["definitions"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["additionalProperties"] = False
    definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = {"type": ["string", "integer"]}
    return definitions


def hera_errors(document: Payload) -> list[str]:
    """What hera's models do not know of a document, or would not give back as it was."""
    worker = _worker()
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(json.dumps(document) + "\n")
    worker.stdin.flush()
    errors: list[str] = json.loads(worker.stdout.readline())
    return errors


@cache
def _worker() -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, worker)
    return worker


def _end(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.close()
    worker.wait()
    worker.stdout.close()


def _serve() -> None:
    models = _strict_models()
    for line in sys.stdin:
        document = json.loads(line)
        print(json.dumps(_hera_errors(models, document)), flush=True)  # noqa: T201


def _hera_errors(models: Any, document: Payload) -> list[str]:
    from pydantic import ValidationError

    try:
        model = getattr(models, document["kind"]).model_validate(document)
    except ValidationError as invalid:
        return [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in invalid.errors()]
    given_back = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return [] if given_back == document else [f"hera gives back another document: {given_back}"]


def _strict_models() -> Any:
    warnings.simplefilter("ignore")
    from hera.shared._pydantic import APIBaseModel
    from hera.workflows import models

    subclasses = _subclasses(APIBaseModel)
    for model in subclasses:
        model.model_config["extra"] = "forbid"
    # A model takes the strictness of the models inside it only when it is built after them.
    for _ in range(5):
        for model in subclasses:
            model.model_rebuild(force=True)
    return models


def _subclasses(model: Any) -> list[Any]:
    return [model, *(deeper for inner in model.__subclasses__() for deeper in _subclasses(inner))]


if __name__ == "__main__":
    _serve()
