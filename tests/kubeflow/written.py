"""Pipelines as one would write them by hand with kfp's SDK, for the flows of `test_sdk.py`.

The SDK reads signatures, and their annotations as they are evaluated.
"""

# ruff: noqa: ANN201, ARG001, FBT001, FBT002, PLR0913, PLR0917

from kfp import dsl

IMAGE = "registry.example/python-flows:1"
RUN = dsl.PIPELINE_JOB_ID_PLACEHOLDER


def uncached(task: dsl.PipelineTask) -> dsl.PipelineTask:
    return task.set_caching_options(enable_caching=False)


@dsl.component(base_image=IMAGE)
def given(path: str, run: str, who: str, count: int = 2, factor: float = 0.5, loud: bool = False):
    pass


@dsl.component(base_image=IMAGE)
def counting(path: str, run: str) -> list:
    return []


@dsl.component(base_image=IMAGE)
def choosing(path: str, run: str) -> str:
    return ""


@dsl.component(base_image=IMAGE)
def plain(path: str, run: str):
    pass


@dsl.component(base_image=IMAGE)
def other(path: str, run: str):
    pass


@dsl.pipeline(name="some-flow")
def linear(who: str, count: int = 2, factor: float = 0.5, loud: bool = False):
    arguments = {"who": who, "count": count, "factor": factor, "loud": loud}
    first = uncached(given(path="t", run=RUN, **arguments))
    uncached(plain(path="t", run=RUN)).after(first)


@dsl.pipeline(name="some-flow")
def foreach():
    opener = uncached(counting(path="t", run=RUN))
    with dsl.ParallelFor(items=opener.output, parallelism=100) as path:
        uncached(plain(path=path, run=RUN))


@dsl.pipeline(name="some-flow")
def switch():
    chooser = uncached(choosing(path="t", run=RUN))
    with dsl.If(chooser.output == "a"):
        uncached(plain(path="t", run=RUN))
    with dsl.Else():
        uncached(other(path="t", run=RUN))


@dsl.pipeline(name="some-flow")
def retry():
    first = uncached(other(path="t", run=RUN))
    first.set_retry(2, backoff_duration="60s", backoff_factor=1, backoff_max_duration="31536000s")
    first.set_cpu_request("500m").set_memory_request("8000M").set_memory_limit("8000M")
    first.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
    first.set_env_variable("WORD", "hello")
    uncached(plain(path="t", run=RUN)).after(first)
