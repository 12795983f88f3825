"""What the static evaluation raises; loaded by those who only may need it, and so by itself."""

from __future__ import annotations


class NotStaticError(Exception):
    """Only running would tell; never leaves `flowc.syntax`."""


class MissingSettingError(LookupError):
    """A configuration has no entry of that name."""
