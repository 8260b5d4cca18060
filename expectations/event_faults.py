"""The possible faults of a row of raw.events, without any framework."""

from __future__ import annotations

EVENT_FAULTS = {
    "project_id_missing": "an event without project_id",
    "event_id_missing": "an event without event_id",
    "name_missing": "an event without name",
    "session_id_missing": "an event without session_id",
    "user_id_missing": "an event without user_id",
    "event_id_too_long": "an event_id longer than the collector accepts",
    "name_too_long": "a name longer than the collector accepts",
    "session_id_too_long": "a session_id longer than the collector accepts",
    "user_id_too_long": "a user_id longer than the collector accepts",
    "time_missing": "an event without a time",
    "time_ahead": "an event further in the future than the collector accepts",
    "metadata_no_object": "metadata that is not a JSON object",
    "project_unknown": "an event of a project that does not exist",
    "feedback_without_score": "feedback without a score on its scale",
    "event_twice": "an event_id that would count twice in its project",
}
"""The meaning of each fault, by its name in `find_raw_faults.sql`."""
