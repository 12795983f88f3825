"""SHA-256 of texts, of which the compiler needs a few.

`hashlib` loads OpenSSL, which takes longer than all that is done with it here; Python has the
same function of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return str(_function()(text.encode()).hexdigest())


def _function() -> Any:
    for name in ("_sha2", "_sha256", "hashlib"):
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    raise AssertionError("hashlib is part of Python")
