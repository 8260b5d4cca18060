{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_segments__touched", "key": "session_id"},
            "day": "session_date",
            "rebuild": "By session: those whose events, fields or topics have changed, and those with a value that entered or left the 20 largest of its field."
        }
    )
}}

with sessions as (
    select * from {{ ref('int_sessions__summed') }}
    {{ only_touched('int_segments__touched') }}
),

automated as (
    select * from {{ ref('int_sessions__automated') }}
),

ranked as (
    select * from {{ ref('int_segments__ranked') }}
),

session_values as (
    select * from {{ ref('int_session_values__first') }}
    {{ only_touched('int_segments__touched') }}
),

-- Sessions without a value have a segment too, so the segments of each field contain all sessions.
segmented as (
    select
        sessions.project_id,
        sessions.session_id,
        fields.field,
        session_values.enum_value,
        coalesce(session_values.n_distinct_values, 0) as n_distinct_values,
        sessions.session_date,
        sessions.is_overlong,
        automated.session_id is not null as is_automated
    from sessions
    inner join ranked as fields
        on
            sessions.project_id = fields.project_id
            and fields.segment_kind = 'none'
    left join session_values
        on
            sessions.project_id = session_values.project_id
            and sessions.session_id = session_values.session_id
            and fields.field = session_values.field
    left join automated
        on
            sessions.project_id = automated.project_id
            and sessions.session_id = automated.session_id
),

kinds as (
    select
        segmented.*,
        coalesce(ranked.segment_kind, 'none') as segment_kind
    from segmented
    left join ranked
        on
            segmented.project_id = ranked.project_id
            and segmented.field = ranked.field
            and segmented.enum_value = ranked.enum_value
)

select
    project_id,
    session_id,
    field,
    segment_kind,
    case segment_kind when 'value' then enum_value when 'other' then 'Other' else 'None' end as segment,
    enum_value,
    n_distinct_values,
    session_date,
    is_overlong,
    is_automated
from kinds
