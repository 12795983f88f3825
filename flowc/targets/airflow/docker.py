"""Steps as containers of a Docker Engine that the workers reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowc.diagnostics import Diagnostic
from flowc.ir.compute import Compute as Size
from flowc.ir.flow import Flow, Step
from flowc.targets.airflow.compute_check import images, mounts, plan, store, without_effect
from flowc.targets.airflow.policy import execution_timeout
from flowc.targets.airflow.python_text import Expression
from flowc.targets.pods import DEFAULT_IMAGE, environment, store_folder, store_mounts
from flowc.targets.start import shim_words
from flowc.targets.target import CompileOptions

# Where a task says what it has decided. All images let everybody write there.
_CONTROL = "/tmp/flowc-control.json"  # noqa: S108 (of a container that runs nothing else)
_CONTROL_ELSEWHERE = "/var/tmp/flowc-control.json"  # noqa: S108

# What `@resources` and the like can say that a container of Docker's operator gets.
_KNOWN = frozenset({"cpu", "memory", "gpu", "image", "shared_memory", "use_tmpfs"})


@dataclass(frozen=True, slots=True)
class Docker:
    """A container for each task, of the step's image, without another entrypoint than flowc's.

    Without a package, the image holds flowc and, in its working directory, the flow's file. A store
    that is a folder is one of the machine that the Docker Engine is on.
    """

    flow: Flow
    options: CompileOptions
    template: str = "docker"
    standard: tuple[str, ...] = ("import json",)
    modules: tuple[str, ...] = (
        "from airflow.providers.docker.operators.docker import DockerOperator",
        "from docker.types import DeviceRequest, Mount",
    )
    names: tuple[str, ...] = ("AirflowSkipException",)

    @property
    def constants(self) -> Mapping[str, Expression]:
        """See `Compute.constants`."""
        airflow = self.options.airflow
        container: dict[str, Expression] = {
            "image": self.options.image or DEFAULT_IMAGE,
            "entrypoint": list(shim_words(self.options.package)),
            **_resources(Size()),
            "auto_remove": "force",
            "mount_tmp_dir": False,
            **({"network_mode": airflow.network} if airflow.network else {}),
            **({"docker_conn_id": airflow.connection} if airflow.connection else {}),
        }
        return {"CONTAINER": container, "MOUNTS": self._mounts(), "CONTROL": _CONTROL}

    def arguments(
        self, step: Step, *, seconds: int | None, is_member: bool
    ) -> Mapping[str, Expression]:
        """See `Compute.arguments`."""
        image, variables, tmpfs = step.compute.image, environment(step), step.compute.tmpfs
        of_all, asked = _resources(Size()), _resources(step.compute)
        return {
            **({"image": image} if image else {}),
            **({"environment": dict(variables)} if variables else {}),
            **{name: value for name, value in asked.items() if of_all.get(name) != value},
            **({"mounts": [*self._mounts(), *_own_mounts(step)]} if tmpfs else {}),
            # The engine cannot look into a folder that is in memory.
            **({"control": _CONTROL_ELSEWHERE} if tmpfs and _holds_control(tmpfs.path) else {}),
            **execution_timeout(seconds),
        }

    def check(self) -> Iterator[Diagnostic]:
        """See `Compute.check`."""
        yield from images(self.flow, self.options)
        yield from store(self.flow, self.options)
        yield from mounts(self.flow, store_mounts(self.options.store))
        yield from plan(self.flow, self.options)
        yield from without_effect(self.flow, _KNOWN, "Docker")

    def _mounts(self) -> list[Expression]:
        folder = store_folder(self.options.store)
        return [{"source": folder, "target": folder, "type": "bind"}] if folder else []


def _resources(size: Size) -> dict[str, Expression]:
    shared = size.shared_memory_mib
    return {
        "cpus": size.cpu,
        "mem_limit": f"{size.memory_mb}m",
        **({"shm_size": shared * 1024**2} if shared else {}),
        **({"gpu": size.gpu} if size.gpu and size.gpu_vendor == Size().gpu_vendor else {}),
    }


def _own_mounts(step: Step) -> Iterator[Expression]:
    tmpfs = step.compute.tmpfs
    if tmpfs:
        size = tmpfs.size_mib * 1024**2
        yield {"source": None, "target": tmpfs.path, "type": "tmpfs", "tmpfs_size": size}


def _holds_control(folder: str) -> bool:
    return _CONTROL.startswith(folder.rstrip("/") + "/")
