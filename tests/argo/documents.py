"""The documents of a manifest, read back from its text."""

from __future__ import annotations

from typing import Any, TypeAlias

import yaml

Payload: TypeAlias = dict[str, Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> list[Payload]:
    """All documents, in order."""
    return list(yaml.load_all(text, Loader=_LOADER))


def workflow_template(documents: list[Payload]) -> Payload:
    """The only WorkflowTemplate among them."""
    (found,) = (document for document in documents if document["kind"] == "WorkflowTemplate")
    return found
