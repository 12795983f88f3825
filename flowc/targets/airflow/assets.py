"""Events and runs of flows as Airflow's assets, which Airflow 2 calls datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowc.ir.events import Cause, Event, FlowEnd, Trigger, event_name
from flowc.ir.flow import Flow
from flowc.targets.airflow.naming import project_words
from flowc.targets.airflow.python_text import Call, Expression

# What Airflow itself refuses to have as the name of an asset.
_NAME_LIMIT = 1500
_RESERVED_NAMES = frozenset({"self", "context"})


def own_asset(flow: Flow, chosen: str) -> str:
    """The name of the asset that a run of the flow updates when it has succeeded.

    A deployment with a name of its own starts nobody who waits for the flow.
    """
    if chosen:
        return event_name(FlowEnd(chosen))
    return event_name(FlowEnd(flow.name), *project_words(flow))


def asset_name(cause: Cause, flow: Flow) -> str:
    """The name of the asset whose updates are the cause."""
    return event_name(cause, *project_words(flow))


def refused_names(trigger: Trigger, flow: Flow) -> Iterator[str]:
    """The names among those of a trigger's causes that no asset can have."""
    for cause in trigger.causes:
        name = asset_name(cause, flow)
        if not _can_be_named(name):
            yield name


def condition(flow: Flow) -> Expression:
    """What `schedule` is told of the flow's triggers: all causes of any of them."""
    found = [_assets(trigger, flow) for trigger in flow.triggers]
    if len(found) == 1:
        return found[0]
    each = [assets[0] if len(assets) == 1 else Call("AssetAll", tuple(assets)) for assets in found]
    return Call("AssetAny", tuple(each))


def class_names(flow: Flow) -> Iterator[str]:
    """The classes of Airflow's that say so."""
    if len(flow.triggers) > 1:
        yield "AssetAny"
        if any(len(trigger.causes) > 1 for trigger in flow.triggers):
            yield "AssetAll"
    if flow.triggers and flow.schedule:
        yield "AssetOrTimeSchedule"


def event_fields(flow: Flow) -> dict[str, Expression]:
    """For the assets whose events fill parameters, the parameters and the fields that do."""
    found: dict[str, Expression] = {}
    for cause in (cause for trigger in flow.triggers for cause in trigger.causes):
        fields = filled(cause)
        if fields:
            found[asset_name(cause, flow)] = dict(fields)
    return found


def filled(cause: Cause) -> Mapping[str, str]:
    """The parameters that a cause fills, each with a field of its event."""
    return cause.parameters if isinstance(cause, Event) else {}


def _assets(trigger: Trigger, flow: Flow) -> list[Expression]:
    return [Call("Asset", (asset_name(cause, flow),)) for cause in trigger.causes]


def _can_be_named(name: str) -> bool:
    return len(name) <= _NAME_LIMIT and name not in _RESERVED_NAMES
