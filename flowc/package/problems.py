"""What can be wrong with the files that a package would hold."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem


@problem("FC050")
def secret_in_package(span: Span, pattern: str) -> Finding:
    r"""A file that would be packed has the name of a secret.

    ## Why is this bad?
    A package is copied to a store, and whoever can read that can read the file. Keys, passwords
    and tokens belong in the engine's own secrets.

    ## Example
        $ ls
        flow.py  .env

    ## Use instead
    A line in `.gitignore`, or `exclude`, to leave the file out. To pack it all the same:

        [tool.flowc.package]
        include = ["/.env"]

    A pattern for all of a folder, or all files of a kind, allows no secrets in passing.
    """
    return Finding(
        span,
        "a file of this name is mostly a secret, and would be packed",
        "leave it out by `exclude` of `[tool.flowc.package]` or by `.gitignore`, "
        f"or allow it by `include = ['{pattern}']`",
    )


@problem("FC051")
def link_out_of_package(span: Span, target: str, reason: str) -> Finding:
    """A symbolic link leads to what is not part of the package.

    ## Why is this bad?
    A package holds no links, only what they lead to. Elsewhere on the machine that may be
    anything, and another machine has something else there.

    ## Example
        $ ls -l
        houses.csv -> /home/ann/houses.csv

    ## Use instead
    A copy of the file, or a link within the flow's folder or a source root.
    """
    return Finding(
        span,
        f"the link leads to `{target}`, {reason}",
        "replace it by a copy, or leave it out by `exclude` of `[tool.flowc.package]`",
    )


@problem("FC052")
def unreadable_for_package(span: Span, reason: str) -> Finding:
    """A file or folder of the package cannot be read, or its name is no text.

    ## Why is this bad?
    The flow would run without it on the cluster.

    ## Use instead
    Correct its permissions or its name, or leave it out:

        [tool.flowc.package]
        exclude = ["/scratch/"]
    """
    return Finding(
        span,
        f"it cannot be packed: {reason}",
        "correct that, or leave it out by `exclude` of `[tool.flowc.package]`",
    )


@problem("FC053", Severity.WARNING)
def large_package(span: Span, size: str, largest: Sequence[str]) -> Finding:
    """The files of a package have more than 50 MiB.

    ## Why is this bad?
    Each container copies and unpacks all of it before its task starts.

    ## Example
        $ ls
        flow.py  photos/

    ## Use instead
    Read large files from where they are kept, and leave them out of the package:

        [tool.flowc.package]
        exclude = ["/photos/"]
    """
    return Finding(
        span,
        f"the package has {size}, most of it in {_listed(largest)}",
        "leave out what no task reads by `exclude` of `[tool.flowc.package]`",
    )


@problem("FC054")
def too_large_package(span: Span, size: str, largest: Sequence[str]) -> Finding:
    """The files of a package have more than 1 GiB.

    ## Why is this bad?
    Each container would copy and unpack all of it before its task starts; no code has that size.

    ## Example
        $ ls
        flow.py  films/

    ## Use instead
        [tool.flowc.package]
        exclude = ["/films/"]
    """
    return Finding(
        span,
        f"the package would have {size}, most of it in {_listed(largest)}",
        "leave out what no task reads by `exclude` of `[tool.flowc.package]`",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
