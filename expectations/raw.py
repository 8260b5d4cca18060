"""The raw gate: what was loaded since the last publication, before any SQL builds on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.gate_reports import UNKNOWN_PROJECTS
from expectations.event_faults import EVENT_FAULTS
from expectations.frames import spread_faults
from expectations.library import gxe
from expectations.rule import Batch, Rule, blocks, equal, no_fault, warns

if TYPE_CHECKING:
    import pandas as pd

    from contracts.settings import Settings

MAX_REJECTED_SHARE = 0.01
"""Maximum share of a project's new lines."""

GATE = "raw"
WARNINGS = {
    "rejected_lines": "Whether many new lines went to quarantine.",
    UNKNOWN_PROJECTS: "Whether the projects database has the project of every landed file.",
    "volume": "Whether the last complete day had far fewer events than usual.",
    "silence": "Whether no event has arrived for longer than ever in four weeks.",
}


@dataclass(frozen=True)
class RawFrames:
    """The counts of the files that are not published yet, and of the days before, from SQL.

    Args:
        faults: `project_id, fault, n_failing, failing_keys` of new events; a null fault names a project without one.
        segments: `segment, n_lines, n_accounted` of new files; accounted are loaded, duplicate and rejected lines.
        rejected: `project_id, n_lines, n_rejected, rejected_share` of new files.
        projects: `project_id, is_known, n_files, n_events` of all loaded files, without those of deleted projects.
        volume: `project_id, last_day, n_events, n_expected, basis, drop_share`; a null share is not judged.
        silence: `project_id, last_hour, hours, longest_gap_h, silent_h`; null hours are not judged.
    """

    faults: pd.DataFrame
    segments: pd.DataFrame
    rejected: pd.DataFrame
    projects: pd.DataFrame
    volume: pd.DataFrame
    silence: pd.DataFrame


def raw_batches(frames: RawFrames, settings: Settings) -> list[Batch]:
    """Return the frames with their rules.

    Raises:
        UnknownMeasureError: a fault without a rule.
    """
    return [
        Batch("events", spread_faults(frames.faults, [], EVENT_FAULTS), _events()),
        Batch("segments", frames.segments, _segments(), key=["segment"]),
        Batch("rejected", frames.rejected, [_rejected()]),
        Batch("projects", frames.projects, [_known()]),
        Batch("volume", frames.volume, [_volume(settings)]),
        Batch("silence", frames.silence, [_silence(settings)]),
    ]


def _events() -> list[Rule]:
    return [no_fault(fault, because) for fault, because in EVENT_FAULTS.items()]


def _segments() -> list[Rule]:
    return [
        blocks("segment_once", "a landed file was loaded twice", gxe.ExpectColumnValuesToBeUnique, column="segment"),
        equal("n_lines", "n_accounted", "lines of a landed file are neither loaded, nor duplicates, nor in quarantine"),
    ]


def _rejected() -> Rule:
    return warns(
        "rejected_share",
        "many new lines could not be read and went to quarantine",
        "{project_id}: {n_rejected:,} of {n_lines:,} new lines ({rejected_share:.1%}) went to quarantine. The "
        "files there give the reasons.",
        "rejected_lines",
        gxe.ExpectColumnValuesToBeBetween,
        column="rejected_share",
        max_value=MAX_REJECTED_SHARE,
    )


def _known() -> Rule:
    return warns(
        "project_known",
        "files have landed for a project that the projects database does not have",
        "{project_id}: the projects database has no project with this id, so no page shows its events (landed files: "
        "{n_files:,}, events: {n_events:,}). They are loaded and kept, and are shown once it has: check "
        "TURRET_DATABASE_URL, or restore the database.",
        UNKNOWN_PROJECTS,
        gxe.ExpectColumnValuesToBeInSet,
        column="is_known",
        value_set=[True],
    )


def _volume(settings: Settings) -> Rule:
    return warns(
        "drop_share",
        "a day had far fewer events than usual",
        "{project_id}: {n_events:,} events on {last_day}, {drop_share:.0%} fewer than the {n_expected:,} "
        "of {basis}; check whether the app still sends all of its events.",
        "volume",
        gxe.ExpectColumnValuesToBeBetween,
        column="drop_share",
        max_value=settings.warn_volume_drop_share,
    )


def _silence(settings: Settings) -> Rule:
    return warns(
        "silent_hours",
        "no event has arrived for unusually long",
        "{project_id}: no event has arrived for {hours:,} hours, since {last_hour} UTC. The longest gap of the "
        "four weeks before was {longest_gap_h:,} hours.",
        "silence",
        gxe.ExpectColumnValuesToBeBetween,
        column="silent_h",
        max_value=settings.warn_silence_hours,
    )
