"""From what the host hands over to the bytes that its sender wrote, and where they can be read again."""

import json
from dataclasses import dataclass

import azure.functions as func


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery. `place`: where it came from, for people."""

    raw: bytes
    place: str


def from_hub(event: func.EventHubEvent) -> Parcel:
    """An event of a hub, which keeps it until its retention ends."""
    context = (event.metadata or {}).get("PartitionContext")
    partition = context.get("PartitionId", "unknown") if isinstance(context, dict) else "unknown"
    return Parcel(event.get_body(), f"Event Hub, partition {partition}, sequence number {event.sequence_number}")


def from_grid(event: func.EventGridEvent | func.CloudEvent) -> Parcel:
    """An event of Event Grid's, in the schema that it came in (the host takes it apart)."""
    place = f"Event Grid, event {event.id}"
    return Parcel(json.dumps(_cloud_event(event) if isinstance(event, func.CloudEvent) else _grid_event(event)).encode(), place)


def _grid_event(event: func.EventGridEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "topic": event.topic,
        "subject": event.subject,
        "eventType": event.event_type,
        "eventTime": event.event_time.isoformat() if event.event_time else None,
        "dataVersion": event.data_version,
        "data": event.get_json(),
    }


def _cloud_event(event: func.CloudEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "source": event.source,
        "subject": event.subject,
        "type": event.type,
        "specversion": event.specversion,
        "time": event.time.isoformat() if event.time else None,
        "data": event.get_json(),
    }
