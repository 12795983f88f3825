"""Unpacks the package of a flow and runs a task from it; this file needs no other of flowc.

    python bootstrap.py --package PLACE|--key KEY --sha256 HEX [--folder DIR]
        step|region STEP [OPTION]...

PLACE is a path, a `file://`, `s3://`, `gs://` or `az://` URL, KEY a name below the task's
`--store`. What follows `step` or `region` is for the shim of the package, which also gets `--plan`
and `--source`. A package is unpacked once for each user of a container, below `--folder` (the
folder for temporary files).
Exit code 64 if it is not the package that was asked for, 1 if it cannot be had now.
"""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH103, PTH112, PTH118, PTH120, PTH123, PTH101, PTH104, PLC0415

from __future__ import annotations

import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence
    from tarfile import TarFile, TarInfo
    from typing import IO, Any

UNAVAILABLE = 1
REFUSED = 64
USAGE = "--package PLACE|--key KEY --sha256 HEX [--folder DIR] step|region STEP [OPTION]..."

# Packages are smaller than half of this; a few bytes can pretend to be any number.
_MOST_BYTES = 2 << 30
_BLOCK = 1 << 20


class PackageError(Exception):
    """This is not the package that was asked for, or there is no way to ask for it."""


def main(arguments: Sequence[str]) -> int:
    """Run a task from its package; its exit code."""
    try:
        take_secrets(os.environ)
        options, words = _options(arguments)
        sha256 = options["--sha256"]
        target = os.path.join(_own_folder(options.get("--folder", "")), sha256)
        if not os.path.isdir(target):
            _unpack(_place(options, words), sha256, target)
        source = _source(target)
    except PackageError as error:
        return _tell(str(error), REFUSED)
    except OSError as error:
        return _tell(f"cannot unpack the package: {error}", UNAVAILABLE)
    return _start(target, source, words)


def take_secrets(environment: MutableMapping[str, str]) -> None:
    """Make variables of the files in the folders that `FLOWC_SECRETS` names, as a pod would.

    They hide those of the image, but none that `FLOWC_SECRETS_BUT` names. A pod has all of these
    folders, or does not start; where tasks are no pods, there are none.
    """
    kept = environment.get("FLOWC_SECRETS_BUT", "").split(",")
    for folder in filter(os.path.isdir, environment.get("FLOWC_SECRETS", "").split(":")):
        for name in os.listdir(folder):  # noqa: PTH208
            # What Kubernetes keeps beside them begins with two dots.
            if name not in kept and not name.startswith(".."):
                with open(os.path.join(folder, name), "rb") as file:
                    environment[name] = os.fsdecode(file.read())


def _tell(message: str, code: int) -> int:
    print(f"flowc: {message}", file=sys.stderr, flush=True)  # noqa: T201 (a task's log)
    return code


def _options(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The options of this file, and the words for the shim."""
    options: dict[str, str] = {}
    rest = list(arguments)
    while len(rest) > 1 and rest[0] in {"--package", "--key", "--sha256", "--folder"}:
        options[rest[0]] = rest[1]
        del rest[:2]
    if rest[:1] not in (["step"], ["region"]) or ("--package" in options) == ("--key" in options):
        raise PackageError(f"usage: {USAGE}")
    sha256 = options.get("--sha256", "")
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise PackageError(f"--sha256 needs 64 hexadecimal digits, but `{sha256}` was given")
    return options, rest


def _place(options: Mapping[str, str], words: Sequence[str]) -> str:
    """Where the package is."""
    if "--package" in options:
        return options["--package"]
    given = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "--store"]
    given += [word[len("--store=") :] for word in words if word.startswith("--store=")]
    store = given[-1] if given else os.environ.get("FLOWC_STORE", "")
    if not store:
        raise PackageError("a package that is named by --key needs --store")
    return f"{store.rstrip('/')}/{options['--key']}"


def _own_folder(parent: str) -> str:
    """A folder that no other user can write to."""
    parent = os.path.abspath(parent or os.environ.get("TMPDIR") or "/tmp")  # noqa: S108, PTH100
    folder = os.path.join(parent, f"flowc-{os.geteuid()}")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.lstat(folder)
    owned = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not owned or found.st_mode & 0o022:
        raise PackageError(f"others may write to `{folder}`; name another folder by --folder")
    return folder


def _unpack(place: str, sha256: str, target: str) -> None:
    """Unpack a package at its target, where others may be doing the same."""
    import shutil
    import tempfile

    with _opened(place) as archive:
        _verify(archive, place, sha256)
        draft = tempfile.mkdtemp(prefix=".", dir=os.path.dirname(target))
        try:
            archive.seek(0)
            _extract(archive, place, draft)
            os.rename(draft, target)
        except OSError:
            if not os.path.isdir(target):
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _opened(place: str) -> IO[bytes]:
    scheme, separator, rest = place.partition("://")
    if not separator or scheme == "file":
        return open(rest if separator else place, "rb")
    if scheme == "s3":
        return _fetched(place, *rest.partition("/")[::2])
    if scheme in ("gs", "az", "abfs", "azure"):
        return _read_by_fsspec(place, "gs" if scheme == "gs" else "az", rest)
    raise PackageError(
        f"a package is at a path, a `file://`, `s3://`, `gs://` or `az://` URL, not at `{place}`"
    )


def _read_by_fsspec(place: str, protocol: str, path: str) -> IO[bytes]:
    """What is under a key of Google's or Azure's, in memory."""
    import io

    # A kind of bucket that few have costs gcsfs more to import than all of its rest.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    try:
        import fsspec  # type: ignore[import-untyped, unused-ignore]

        return io.BytesIO(fsspec.filesystem(protocol).cat_file(path))
    except ImportError as error:
        raise PackageError(f"fsspec is needed to read `{place}`, but: {error}") from error
    except Exception as error:
        # The texts of the libraries may hold URLs with signatures.
        raise OSError(f"cannot read `{place}` ({type(error).__name__})") from error


def _fetched(place: str, bucket: str, key: str) -> IO[bytes]:
    """What is under a key of S3, in a file that has no name."""
    import shutil
    import tempfile

    try:
        import boto3  # type: ignore[import-untyped, unused-ignore]
        from botocore.config import Config  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise PackageError(f"boto3 is needed to read `{place}`, but: {error}") from error
    told = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    other = None if told else os.environ.get("METAFLOW_S3_ENDPOINT_URL") or None
    elsewhere = told or other
    style = {"addressing_style": "path" if elsewhere else "auto"}
    try:
        config = Config(s3=style, retries={"mode": "standard"})
        client = boto3.client("s3", config=config, endpoint_url=other)
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked for it closes it)
        shutil.copyfileobj(body, file, _BLOCK)
    except Exception as error:
        raise OSError(f"cannot read `{place}`: {error}") from error
    file.seek(0)
    return file


def _verify(archive: IO[bytes], place: str, sha256: str) -> None:
    """Refuse what is not the package: the SHA-256 is of the tar file inside."""
    import gzip
    import hashlib
    import zlib

    hashed = hashlib.sha256()
    size = 0
    try:
        with gzip.GzipFile(fileobj=archive) as content:
            for block in iter(lambda: content.read(_BLOCK), b""):
                hashed.update(block)
                size += len(block)
                if size > _MOST_BYTES:
                    raise PackageError(f"`{place}` is larger than any package")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PackageError(f"`{place}` is damaged: {error}") from error
    if hashed.hexdigest() != sha256:
        raise PackageError(
            f"`{place}` is another package: its SHA-256 is {hashed.hexdigest()}, not {sha256}"
        )


def _extract(archive: IO[bytes], place: str, folder: str) -> None:
    import tarfile

    try:
        with tarfile.open(fileobj=archive, mode="r:gz", encoding="utf-8") as members:
            for member in members:
                _write(members, member, folder)
    except (tarfile.TarError, ValueError, EOFError, RecursionError) as error:
        raise PackageError(f"`{place}` is no package: {error}") from error
    except (FileExistsError, NotADirectoryError) as error:
        raise PackageError(f"`{place}` has two files of one name: {error.filename}") from error


def _write(members: TarFile, member: TarInfo, folder: str) -> None:
    """Write a file of the archive; refuse whatever flowc would not have packed."""
    import shutil
    import tarfile

    names = member.name.split("/")
    plain = member.type == tarfile.REGTYPE and member.sparse is None
    if not plain or not {"", ".", ".."}.isdisjoint(names) or "\0" in member.name:
        raise PackageError(f"the package has `{member.name}`, which is no file inside of it")
    check: Any = getattr(tarfile, "data_filter", None)
    if check:
        check(member, folder)
    path = os.path.join(folder, *names)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    content = members.extractfile(member)
    with open(path, "xb") as file:
        if content:
            shutil.copyfileobj(content, file)
    os.chmod(path, 0o755 if member.mode & 0o100 else 0o644)


def _source(target: str) -> str:
    """The flow's folder in an unpacked package."""
    import json

    try:
        with open(os.path.join(target, "package.json"), encoding="utf-8") as file:
            return os.path.join(target, json.load(file)["source"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PackageError(f"`{target}` is no package of flowc: {error!r}") from error


def _start(target: str, source: str, words: Sequence[str]) -> int:
    """Run the shim of the package, and no other that is installed."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "flowc"]:
        del sys.modules[name]
    sys.path.insert(0, target)
    from flowc.runtime.shim import main as run

    # `code/` must not come before the module of that name in Python's library.
    sys.path.append(sys.path.pop(0))
    own = ("--plan", os.path.join(target, "plan.json"), "--source", source)
    return run([*words[:2], *own, *words[2:]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
