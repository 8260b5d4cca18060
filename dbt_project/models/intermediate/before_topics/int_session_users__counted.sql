{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_sessions__reached", "key": "session_id"},
            "day": "first_seen_at",
            "rebuild": "By session: those that a new event or a replaced copy may belong to."
        }
    )
}}

with events as (
    select * from {{ ref('int_events__sessionized') }}
    {{ only_touched('int_sessions__reached') }}
)

select
    project_id,
    session_id,
    case when is_user_id_given then user_id end as user_id,
    min(session_source) as session_source,
    min(event_index_in_session) as first_event_index,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    count(*) as n_events
from events
group by project_id, session_id, case when is_user_id_given then user_id end
