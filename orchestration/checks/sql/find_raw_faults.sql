-- One row per new row of raw.events and fault; expectations/raw.py says what each fault means.
create or replace temp table raw_faults as
with new_ids as (
    select distinct
        events.project_id,
        events.event_id
    from raw.events
    inner join unpublished_segments on events.segment = unpublished_segments.segment
),

repeated_ids as (
    select
        events.project_id,
        events.event_id
    from raw.events
    inner join new_ids on events.project_id = new_ids.project_id and events.event_id = new_ids.event_id
    group by events.project_id, events.event_id
    having count(*) > 1
),

-- The first copy is the one that counts.
repeated as (
    select
        events.segment,
        events.line_number
    from raw.events
    inner join repeated_ids
        on events.project_id = repeated_ids.project_id and events.event_id = repeated_ids.event_id
    qualify
        row_number() over (
            partition by events.project_id, events.event_id
            order by events.received_at, events.segment, events.line_number
        ) > 1
),

judged as (
    select
        events.segment,
        events.line_number,
        events.project_id,
        events.event_id,
        coalesce(events.project_id, '') = '' as project_id_missing,
        coalesce(events.event_id, '') = '' as event_id_missing,
        coalesce(events.name, '') = '' as name_missing,
        coalesce(events.session_id, '') = '' as session_id_missing,
        coalesce(events.user_id, '') = '' as user_id_missing,
        coalesce(length(events.event_id), 0) > $max_id_characters as event_id_too_long,
        coalesce(length(events.name), 0) > $max_name_characters as name_too_long,
        coalesce(length(events.session_id), 0) > $max_id_characters as session_id_too_long,
        coalesce(length(events.user_id), 0) > $max_id_characters as user_id_too_long,
        events.occurred_at is null or events.received_at is null as time_missing,
        coalesce(events.occurred_at > events.received_at + to_hours($max_hours_ahead), false) as time_ahead,
        coalesce(json_type(events.metadata), 'NULL') != 'OBJECT' as metadata_no_object,
        not regexp_full_match(coalesce(events.project_id, ''), $project_id_pattern) as project_unknown,
        events.name = 'turret.feedback'
        and events.event_id like 'turret.feedback:%'
        and not coalesce(
            try_cast(events.metadata ->> '$.score' as double)
            between if(events.metadata ->> '$.scale' is null, -1, 1)
            and coalesce(try_cast(events.metadata ->> '$.scale' as integer), 1),
            false
        ) as feedback_without_score,
        repeated.segment is not null as event_twice
    from raw.events
    inner join unpublished_segments on events.segment = unpublished_segments.segment
    left join repeated on events.segment = repeated.segment and events.line_number = repeated.line_number
),

suspects as (
    select *
    from judged
    where
        project_id_missing
        or event_id_missing
        or name_missing
        or session_id_missing
        or user_id_missing
        or event_id_too_long
        or name_too_long
        or session_id_too_long
        or user_id_too_long
        or time_missing
        or time_ahead
        or metadata_no_object
        or project_unknown
        or feedback_without_score
        or event_twice
)

select
    segment,
    line_number,
    project_id,
    event_id,
    fault
from suspects
unpivot (
    is_faulty for fault in (
        project_id_missing,
        event_id_missing,
        name_missing,
        session_id_missing,
        user_id_missing,
        event_id_too_long,
        name_too_long,
        session_id_too_long,
        user_id_too_long,
        time_missing,
        time_ahead,
        metadata_no_object,
        project_unknown,
        feedback_without_score,
        event_twice
    )
)
where is_faulty
