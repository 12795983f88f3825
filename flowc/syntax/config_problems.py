"""What can be wrong with a flow's configurations."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Note, Span, problem


@problem("FC010")
def unreadable_config(span: Span, name: str, path: str, reason: str) -> Finding:
    """The file of a configuration cannot be read.

    ## Why is this bad?
    The flow's decorators and parameters take values from it, and each run would fail.

    ## Example
        config = Config("config", default="confg.json")

    ## Use instead
        config = Config("config", default="config.json")

    or name another file: `flowc compile flow.py --config config staging.json`. A default is looked
    for in the flow's folder, then in the working directory.
    """
    return Finding(
        span,
        f"cannot read `{path}`, the file of config `{name}`: {reason}",
        f"create the file, or name another by `--config {name} FILE`",
    )


@problem("FC011")
def missing_config(span: Span, name: str) -> Finding:
    """A configuration is required, and has no value.

    ## Why is this bad?
    What the flow takes from it is not known; Metaflow refuses to start, too.

    ## Example
        flowc compile flow.py

    ## Use instead
        flowc compile flow.py --config config staging.json
    """
    return Finding(
        span,
        f"config `{name}` is required, and has no value",
        f"give it by `--config {name} FILE` or `--config-value {name} JSON`",
    )


@problem("FC012")
def malformed_config(span: Span, name: str, reason: str) -> Finding:
    """A configuration is not what its parser reads, or no dictionary.

    ## Why is this bad?
    Without a `parser`, a configuration is JSON. Flows read its entries, so that it must be a
    dictionary unless the flow says `plain=True`.

    ## Example
        flowc compile flow.py --config-value config "{cpu: 2}"

    ## Use instead
        flowc compile flow.py --config-value config '{"cpu": 2}'
    """
    return Finding(
        span, f"config `{name}` {reason}", "correct the text, or name its `parser` in the flow"
    )


@problem("FC013")
def unknown_config(span: Span, name: str, known: Sequence[str]) -> Finding:
    """The command line gives a configuration that the flow does not have.

    ## Why is this bad?
    It would have no effect, and the one that was meant would keep its default.

    ## Use instead
    The name that the flow says: `cfg` of `Config("cfg")`.
    """
    names = ", ".join(f"`{each}`" for each in known)
    return Finding(
        span,
        f"the flow has no config `{name}`",
        f"use {names}" if known else 'declare it, as in `config = Config("config")`',
    )


@problem("FC014")
def two_defaults(span: Span, name: str) -> Finding:
    """A configuration has both a `default` and a `default_value`.

    ## Why is this bad?
    The first is the path of a file, the second a value, and only one can hold. Metaflow refuses
    the flow.

    ## Example
        config = Config("config", default="config.json", default_value={"cpu": 1})

    ## Use instead
        config = Config("config", default="config.json")
    """
    return Finding(
        span,
        f"config `{name}` has both a `default` and a `default_value`",
        "keep the path in `default`, or the value in `default_value`",
    )


@problem("FC015")
def duplicate_config(span: Span, name: str, earlier: Span) -> Finding:
    """Two configurations have the same name.

    ## Why is this bad?
    The value that is given for it could only reach one of the two.

    ## Use instead
    Give each a name of its own.
    """
    return Finding(
        span,
        f"config `{name}` is declared twice",
        "rename one of the two",
        (Note(earlier, "declared here first"),),
    )


@problem("FC316")
def config_name(span: Span, attribute: str) -> Finding:
    """A configuration's name is empty, or something that only running would tell.

    ## Why is this bad?
    The command line and expressions such as `config_expr("config.cpu")` need it before the flow
    runs.

    ## Example
        config = Config(name_of_config())

    ## Use instead
        config = Config("config")
    """
    return Finding(
        span,
        f"the name of the config in `{attribute}` is not known before a run",
        f'write it out, as in `Config("{attribute}")`',
    )


@problem("FC402")
def no_such_setting(span: Span, expression: str, missing: str) -> Finding:
    """An expression takes something from a configuration that is not there.

    ## Why is this bad?
    What stands there cannot be compiled, and Metaflow would fail on it.

    ## Example
        config = Config("config", default_value={"cpu": 2})

        @resources(cpu=config.cpus)

    ## Use instead
        @resources(cpu=config.cpu)
    """
    return Finding(
        span,
        f"`{expression}` asks for `{missing}`, which the configuration does not have",
        "add it to the configuration, or correct the expression",
    )


@problem("FC403")
def config_not_static(span: Span, name: str, default: str) -> Finding:
    """The default of a configuration is something that only running would tell.

    ## Why is this bad?
    A configuration is fixed when the flow is compiled, and flowc compiles without running it.

    ## Example
        config = Config("config", default_value=make_config)

    ## Use instead
        config = Config("config", default_value={"cpu": 2})

    or `flowc compile flow.py --config config FILE`.
    """
    return Finding(
        span,
        f"the default of config `{name}` is `{default}`, which only running would tell",
        f"write it out, or give the value by `--config {name} FILE`",
    )
