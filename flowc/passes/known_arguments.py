"""The arguments of Metaflow's decorators: those that flowc acts on, and those it does not yet."""

from __future__ import annotations

from collections.abc import Mapping

EFFECTIVE: Mapping[str, tuple[str, ...]] = {
    "retry": ("times", "minutes_between_retries"),
    "catch": ("var", "print_exception"),
    "timeout": ("seconds", "minutes", "hours"),
    "environment": ("vars",),
    "resources": ("cpu", "gpu", "memory"),
    "kubernetes": ("cpu", "gpu", "gpu_vendor", "image", "memory"),
    "batch": ("cpu", "gpu", "image", "memory"),
}

WITHOUT_EFFECT: Mapping[str, tuple[str, ...]] = {
    "resources": ("disk", "shared_memory"),
    "kubernetes": (
        *("annotations", "compute_pool", "disk", "executable", "extended_resources"),
        *("hostname_resolution_timeout", "image_pull_policy", "image_pull_secrets", "labels"),
        *("namespace", "node_selector", "persistent_volume_claims", "port", "qos", "secrets"),
        *("security_context", "service_account", "shared_memory", "tmpfs_path", "tmpfs_size"),
        *("tmpfs_tempdir", "tolerations", "use_tmpfs"),
    ),
    "batch": (
        *("aws_batch_tags", "efa", "efs_volumes", "ephemeral_storage", "executable"),
        *("execution_role", "host_volumes", "iam_role", "inferentia", "log_driver", "log_options"),
        *("max_swap", "privileged", "queue", "shared_memory", "swappiness", "tmpfs_path"),
        *("tmpfs_size", "tmpfs_tempdir", "trainium", "use_tmpfs"),
    ),
}

# Those that `--with` may give to every step.
STEP_DECORATORS = (
    *("batch", "card", "catch", "conda", "environment", "kubernetes", "parallel", "pypi"),
    *("resources", "retry", "secrets", "timeout"),
)
