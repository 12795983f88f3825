"""Checkouts of git that DAG files go to."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Repository:
    """A checkout with a commit, which follows a bare repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.dags = self.folder / "dags"
        self.bare = folder / "bare.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", self.bare], check=True)
        subprocess.run(["git", "clone", "-q", self.bare, self.folder], check=True)
        self.dags.mkdir()
        self("symbolic-ref", "HEAD", "refs/heads/main")
        for name in ("user.name", "user.email"):
            self("config", name, "t@example.com")
        (self.dags / "other.py").write_text("1\n")
        self("add", ".")
        self("commit", "-qm", "first")
        self("push", "-q", "-u", "origin", "main")

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", self.folder, *words], check=True, capture_output=True, text=True
        )
        return done.stdout

    def files(self, revision: str = "HEAD") -> list[str]:
        """What the last commit has changed."""
        return self("show", "--format=", "--name-only", revision).split()
