"""The possible faults of a row of raw.events, without any framework."""

from __future__ import annotations

EVENT_FAULTS = {
    "project_id_missing": "an event without project_id",
    "event_id_missing": "an event without event_id",
    "name_missing": "an event without name",
    "session_id_missing": "an event without session_id",
    "user_id_missing": "an event without user_id",
    "event_id_too_long": "an event_id longer than the collector takes",
    "name_too_long": "a name longer than the collector takes",
    "session_id_too_long": "a session_id longer than the collector takes",
    "user_id_too_long": "a user_id longer than the collector takes",
    "time_missing": "an event without a time",
    "time_ahead": "an event that lies further in the future than the collector lets pass",
    "metadata_no_object": "metadata that is not a JSON object",
    "project_unknown": "an event that belongs to no project that Turret made",
    "event_twice": "an event_id that would count twice in its project",
}
"""What each fault means, by the name that `find_raw_faults.sql` gives it."""
