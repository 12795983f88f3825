"""Who runs a task."""

from __future__ import annotations

import os


def identity() -> tuple[str, str]:
    """Who a run belongs to: `production` and the token of a deployment, or `user` and a name."""
    token = os.environ.get("METAFLOW_PRODUCTION_TOKEN")
    return ("production", token) if token else ("user", username())


def username() -> str:
    """The user's name, from the environment."""
    names = ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")
    return next((os.environ[name] for name in names if os.environ.get(name)), "unknown")


def owner() -> str:
    """Who a branch without a name is called after: the deployment's owner, or else the user."""
    return os.environ.get("METAFLOW_OWNER") or username()
