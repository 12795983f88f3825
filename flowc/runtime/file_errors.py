"""What the operating system refuses a store in a folder, as an error of one line."""

from __future__ import annotations

import errno
import os

from flowc.runtime.errors import FlowError, RefusalError, StoreError

# What may mend itself, with what to do about it; the task may be tried again.
_PASSING = {
    errno.ENOSPC: "is full ({}); make room there",
    errno.EDQUOT: "has used up its quota ({}); make room there, or have the quota raised",
    errno.EFBIG: "cannot take so large a file ({}); look at `ulimit -f` and at its file system",
    errno.EMFILE: "cannot be opened ({}); raise the limit of open files, `ulimit -n`",
    errno.ENFILE: "cannot be opened ({}); raise the limit of open files of the machine",
    errno.ESTALE: "is not what was mounted there before ({}); mount it again",
}
_LASTING = {
    errno.EROFS: "is read-only ({}); mount it so that tasks can write to it",
    errno.EACCES: "does not let user {user} in ({}); give that user the right to read and write",
    errno.EPERM: "does not let user {user} in ({}); give that user the right to read and write",
    errno.ENAMETOOLONG: "cannot have so long a name ({}); use shorter names",
    errno.ENOTDIR: "is no folder, or has a file where it needs one ({}); choose another",
    errno.EEXIST: "is no folder, or has a file where it needs one ({}); choose another",
    errno.EISDIR: "has a folder where it needs a file ({}); choose another",
    errno.ELOOP: "leads around in a circle ({}); look at its links",
}


def store_error(root: str, error: OSError) -> FlowError | RefusalError:
    """What to raise for an error of the operating system's in the folder `root`."""
    code = error.errno or 0
    said = error.strerror or type(error).__name__
    if isinstance(error.filename, str):
        said = f"{said}: {_below(root, error.filename)}"
    kind = RefusalError if code in _LASTING else StoreError
    text = {**_PASSING, **_LASTING}.get(code, "fails ({}); look at its disk or network")
    return kind(f"folder {root} {text.format(said, user=os.getuid())}")


def _below(root: str, path: str) -> str:
    return path.removeprefix(root + os.sep)
