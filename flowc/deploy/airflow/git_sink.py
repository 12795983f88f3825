"""DAG files in a checkout of git: each is committed by itself, and pushed if that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flowc.deploy.airflow.git import git, git_or_none
from flowc.deploy.airflow.sink import Found
from flowc.deploy.airflow.store_sink import StoreSink
from flowc.errors import EngineError, UsageError

COMMITTED = "committed"
PUSHED = "pushed"
_CHANGED = "not committed"


def open_checkout(place: str) -> Checkout:
    """The checkout that `git+file:///folder`, `…?push` or `…?push=REMOTE` names."""
    parts = urlsplit(place)
    word, _, remote = parts.query.partition("=")
    if parts.netloc or not parts.path.startswith("/") or word not in {"", "push"}:
        raise UsageError(
            f"`{place}` names no checkout: write git+file:///checkout/dags, "
            "and ?push or ?push=REMOTE behind it if commits shall be pushed"
        )
    return Checkout(Path(unquote(parts.path)), place, is_pushed=bool(word), remote=remote)


@dataclass(frozen=True)
class Checkout:
    """See `Sink`. What others have staged or changed in the checkout stays as it is."""

    folder: Path
    address: str
    is_pushed: bool
    remote: str

    @property
    def place(self) -> str:
        return self.address.partition("?")[0].rstrip("/")

    @property
    def settled(self) -> str:
        return PUSHED if self.is_pushed else COMMITTED

    def check(self) -> None:
        """A commit must have a branch to go to."""
        if not self.folder.is_dir():
            raise EngineError(f"there is no folder {self.folder}, which `--dags` names")
        if git_or_none(self.folder, "rev-parse", "--is-inside-work-tree") != "true\n":
            raise EngineError(f"{self.folder} is not in a checkout of git")
        self._branch()

    def read(self, name: str) -> Found | None:
        """The file as it is on disk, and whether it is committed so."""
        if not self.folder.is_dir():
            return None
        found = self._files.read(name)
        is_changed = bool(git(self.folder, "status", "--porcelain", "--", name).strip())
        state = _CHANGED if is_changed else self._state(name)
        if found is None:
            # What was deleted and has come no further is still there for everybody else.
            is_gone = state in {"", self.settled}
            return None if is_gone else Found("", state)
        return Found(found.text, state)

    def write(self, name: str, text: str, why: str) -> None:
        self._check_ahead(name)
        self._files.write(name, text, why)
        git(self.folder, "add", "--", name)
        self._commit(name, why)

    def remove(self, name: str, why: str) -> None:
        self._check_ahead(name)
        self._files.remove(name, why)
        self._commit(name, why)

    def _commit(self, name: str, why: str) -> None:
        if git(self.folder, "status", "--porcelain", "--", name).strip():
            # Only the file itself, whatever else is staged.
            git(self.folder, "commit", "--quiet", "--only", "-m", why, "--", name)
        if self.is_pushed:
            remote = self._remote()
            git(self.folder, "push", "--quiet", remote, f"HEAD:refs/heads/{self._branch()}")

    def _check_ahead(self, name: str) -> None:
        """A push would take along all that others have committed here."""
        if not self.is_pushed or git_or_none(self.folder, "rev-parse", "-q", self._there()) is None:
            return
        own = git(self.folder, "rev-parse", "--show-prefix").strip("\n") + name
        words = ("log", "-z", "--format=", "--name-only", f"{self._there()}..HEAD", "--")
        others = sorted({path.strip("\n") for path in git(self.folder, *words).split("\0")})
        other = next((path for path in others if path not in {"", own}), None)
        if other is not None:
            raise EngineError(
                f"the branch {self._branch()} at {self.folder} has commits that {self._remote()} "
                f"lacks, which change {other}, too: push them first, or take them off the branch"
            )

    def _state(self, name: str) -> str:
        """How far the last commit of a file has come; empty if it has none."""
        last = (git_or_none(self.folder, "log", "-1", "--format=%H", "--", name) or "").strip()
        if not self.is_pushed or not last:
            return COMMITTED if last else ""
        words = ("merge-base", "--is-ancestor", last, self._there())
        return COMMITTED if git_or_none(self.folder, *words) is None else PUSHED

    def _there(self) -> str:
        """The branch as the remote had it last."""
        return f"refs/remotes/{self._remote()}/{self._branch()}"

    def _branch(self) -> str:
        found = git_or_none(self.folder, "symbolic-ref", "--quiet", "--short", "HEAD")
        if found is None:
            raise EngineError(f"the checkout at {self.folder} is on no branch: check one out")
        return found.strip()

    def _remote(self) -> str:
        """The remote that is named, or that the branch follows."""
        known = git_or_none(self.folder, "config", f"branch.{self._branch()}.remote")
        return self.remote or (known or "origin").strip()

    @property
    def _files(self) -> StoreSink:
        return StoreSink(str(self.folder), is_folder=True)
