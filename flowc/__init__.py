"""flowc compiles Metaflow-style flows; from here a flow imports what it is written with."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.client import Flow, Run, Step, Task
    from flowc.runtime.client_artifacts import DataArtifact
    from flowc.runtime.configs import Config, ConfigValue, config_expr, yaml_parser
    from flowc.runtime.current import current
    from flowc.runtime.decorators import (
        airflow_external_task_sensor,
        airflow_s3_key_sensor,
        batch,
        card,
        catch,
        conda,
        conda_base,
        environment,
        exit_hook,
        kubernetes,
        parallel,
        project,
        pypi,
        pypi_base,
        resources,
        retry,
        schedule,
        secrets,
        step,
        timeout,
        trigger,
        trigger_on_finish,
    )
    from flowc.runtime.events import namespaced_event_name
    from flowc.runtime.namespaces import (
        default_namespace,
        get_metadata,
        get_namespace,
        metadata,
        namespace,
    )
    from flowc.runtime.parameters import IncludeFile, JSONType, Parameter
    from flowc.runtime.spec import FlowSpec

__version__ = "0.1.0"
__all__ = [
    "Config",
    "ConfigValue",
    "DataArtifact",
    "Flow",
    "FlowSpec",
    "IncludeFile",
    "JSONType",
    "Parameter",
    "Run",
    "Step",
    "Task",
    "airflow_external_task_sensor",
    "airflow_s3_key_sensor",
    "batch",
    "card",
    "catch",
    "conda",
    "conda_base",
    "config_expr",
    "current",
    "default_namespace",
    "environment",
    "exit_hook",
    "get_metadata",
    "get_namespace",
    "kubernetes",
    "metadata",
    "namespace",
    "namespaced_event_name",
    "parallel",
    "project",
    "pypi",
    "pypi_base",
    "resources",
    "retry",
    "schedule",
    "secrets",
    "step",
    "timeout",
    "trigger",
    "trigger_on_finish",
    "yaml_parser",
]

# All others are decorators.
_HOMES = {
    "Config": "configs",
    "ConfigValue": "configs",
    "DataArtifact": "client_artifacts",
    "Flow": "client",
    "FlowSpec": "spec",
    "IncludeFile": "parameters",
    "JSONType": "parameters",
    "Parameter": "parameters",
    "Run": "client",
    "Step": "client",
    "Task": "client",
    "config_expr": "configs",
    "current": "current",
    "default_namespace": "namespaces",
    "get_metadata": "namespaces",
    "get_namespace": "namespaces",
    "metadata": "namespaces",
    "namespace": "namespaces",
    "yaml_parser": "configs",
    "namespaced_event_name": "events",
}


def __getattr__(name: str) -> Any:
    # The compiler imports flowc too and must not pay for the runtime.
    from importlib import import_module  # noqa: PLC0415

    if not name.startswith("__") and _is_metaflow():
        home = import_module("metaflow")
    elif name in __all__:
        home = import_module(f"flowc.runtime.{_HOMES.get(name, 'decorators')}")
    else:
        raise AttributeError(f"module 'flowc' has no attribute {name!r}")
    value = globals()[name] = getattr(home, name)
    return value


def _is_metaflow() -> bool:
    # A flow that Metaflow runs is one of Metaflow's, whichever name it imports.
    import os  # noqa: PLC0415

    return os.environ.get("FLOWC_API") == "metaflow"
