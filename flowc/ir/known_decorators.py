"""The names of Metaflow's own decorators, and of those that make a gang."""

from __future__ import annotations

CORE = frozenset(
    {"step", "retry", "catch", "timeout", "environment", "resources", "kubernetes", "batch"}
    | {"card", "conda", "pypi", "secrets", "parallel", "pytorch_parallel"}
    | {"schedule", "project", "trigger", "trigger_on_finish", "exit_hook", "conda_base"}
    | {"pypi_base", "airflow_external_task_sensor", "airflow_s3_key_sensor"}
)

# What these ask for is done by Metaflow when a task runs, and stands in no manifest.
IN_NO_MANIFEST = frozenset({"card", "conda", "pypi", "conda_base", "pypi_base"})

# What is made with these may add any decorator.
MAKERS = frozenset({"user_step_decorator", "UserStepDecorator", "StepMutator", "FlowMutator"})

# Besides Metaflow's own those of metaflow-torchrun, -deepspeed, -ray, -mpi and -tensorflow, under
# their names of now and of earlier releases.
GANG = frozenset(
    {"parallel", "pytorch_parallel", "torchrun", "torchrun_parallel", "deepspeed"}
    | {"metaflow_ray", "mpi", "tensorflow", "tensorflow_parallel"}
)
