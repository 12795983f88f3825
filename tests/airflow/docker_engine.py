"""A Docker Engine for tests, and images made without a registry.

The one that `DOCKER_HOST` names, or else one of their own, where `dockerd`, `containerd` and `runc`
are found and may do so: what Debian's packages `docker.io`, `containerd` and `runc` hold will do,
also unpacked into a folder of the path.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPOSITORY = Path(__file__).parents[2]
_SECONDS_TO_START = 30


@dataclass(frozen=True, slots=True)
class Engine:
    """A Docker Engine by its address."""

    host: str

    def __call__(self, *words: str, given: bytes = b"") -> str:
        """What the command `docker` prints."""
        done = subprocess.run(
            ["docker", "--host", self.host, *words], input=given, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def answers(self) -> bool:
        words = ["docker", "--host", self.host, "version"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def image_of(self, flow: Path, base: str) -> str:
        """An image with a flow in its working directory, and all that the base has."""
        name = f"{base}-{flow.name.replace('_', '-')}"
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as archive:
            archive.add(flow, "flow", filter=_of_python)
            text = f"FROM {base}\nCOPY flow /flow\nWORKDIR /flow\n".encode()
            dockerfile = tarfile.TarInfo("Dockerfile")
            dockerfile.size = len(text)
            archive.addfile(dockerfile, io.BytesIO(text))
        self("build", "--quiet", "--tag", name, "-", given=content.getvalue())
        return name


@contextmanager
def running() -> Iterator[Engine]:
    """An engine; the test is skipped where there is none."""
    if not shutil.which("docker"):
        pytest.skip("there is no command `docker`")
    named = Engine(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    if named.answers():
        yield named
        return
    if os.geteuid() or not all(map(shutil.which, ("dockerd", "containerd", "runc"))):
        pytest.skip("no Docker Engine answers, and there is none that might be started")
    with tempfile.TemporaryDirectory(prefix="flowc-") as folder, _started(Path(folder)) as own:
        yield own


@contextmanager
def _started(folder: Path) -> Iterator[Engine]:
    engine = Engine(f"unix://{folder}/docker.sock")
    places = ("--data-root", "--exec-root", "--pidfile")
    words = [word for place in places for word in (place, str(folder / place[2:]))]
    # Containers share the network of the machine, of which nothing is changed.
    network = ("--bridge=none", "--iptables=false", "--ip6tables=false")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["dockerd", "--host", engine.host, *words, *network], stdout=log, stderr=log
        )
    try:
        for _ in range(_SECONDS_TO_START * 10):
            if process.poll() is not None or engine.answers():
                break
            time.sleep(0.1)
        if not engine.answers():
            reason = (folder / "log").read_text()[-300:]
            pytest.skip(f"a Docker Engine does not start here: {reason}")
        yield engine
    finally:
        process.terminate()
        process.wait()
        # It leaves behind what containers with the machine's network have had it mounted for.
        for mounted in folder.glob("exec-root/netns/*"):
            subprocess.run(["umount", mounted], check=True)


def base_image(engine: Engine) -> str:
    """An image with this Python and flowc."""
    engine(
        *("import", "--change", 'ENV PATH="/python/bin" PYTHONPATH="/flowc"', "-", "flowc-tests"),
        given=_file_system(),
    )
    return "flowc-tests"


def _file_system() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(folder)
        python = (
            Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        )
        archive.add(os.path.realpath(python), "python/bin/python")
        library = Path(sysconfig.get_path("stdlib"))
        archive.add(library, f"python/lib/{library.name}", filter=_of_python)
        for shared in _shared(python, library):
            archive.add(os.path.realpath(shared), shared.lstrip("/"))
        archive.add(_REPOSITORY / "flowc", "flowc/flowc", filter=_of_python)
    return content.getvalue()


def _of_python(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    left_out = ("site-packages", "__pycache__", "test", "idlelib", "ensurepip", "lib2to3")
    return None if Path(entry.name).name in left_out else entry


def _shared(python: Path, library: Path) -> set[str]:
    """The shared libraries that Python and its own modules need."""
    modules = (library / "lib-dynload").glob("*.so")
    listed = subprocess.run(
        ["ldd", str(python), *map(str, modules)], capture_output=True, text=True, check=False
    )
    return set(re.findall(r"(/\S+\.so[.\d]*) \(0x", listed.stdout))
