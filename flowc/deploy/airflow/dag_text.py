"""What a DAG file says of itself."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

from flowc.fingerprint import sha256

# What a file's docstring says of its plan.
_PLAN = re.compile(r"^[ \t]*Plan: (\S+)[ \t]*$", re.MULTILINE)
# How the file begins that the compiler writes.
_HEAD = re.compile(r'"""(?P<flow>\w+), as flowc \S+ compiles it for Airflow')
_VERSION_LETTERS = 12


def version_of(text: str) -> str:
    """What flowc calls a version of a file: the beginning of its digest."""
    return sha256(text)[:_VERSION_LETTERS]


def is_compiled(text: str) -> bool:
    """Whether flowc has written a file, as far as that can be seen."""
    return _HEAD.match(text) is not None


def flow_of(text: str) -> str:
    """The name of the flow that a file was compiled from; empty if it does not say so."""
    found = _HEAD.match(text)
    return found["flow"] if found else ""


def plan_of(docstring: str) -> str:
    """The digest of the plan that a file's docstring names; empty if it names none."""
    # What the flow says of itself stands before it.
    found = _PLAN.findall(docstring)
    return str(found[-1]) if found else ""


def docstring_of(text: str) -> str:
    """The docstring of a file; empty if it has none."""
    return ast.get_docstring(_parsed(text)) or ""


def store_of(text: str) -> str:
    """The URL of the store that tasks are told; empty if none is."""
    for statement in _parsed(text).body:
        match statement:
            case ast.Assign([ast.Name(id="STORE")], ast.Constant(value=str(url))):
                return url
    return ""


def package_of(text: str) -> str:
    """The key of the code package that tasks fetch; empty if they fetch none."""
    for node in ast.walk(_parsed(text)):
        words = node.elts if isinstance(node, ast.List) else ()
        for word, key in pairwise(words):
            match word, key:
                case ast.Constant(value="--key"), ast.Constant(value=str(name)):
                    return name
    return ""


def _parsed(text: str) -> ast.Module:
    """The file, or an empty one where it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])
