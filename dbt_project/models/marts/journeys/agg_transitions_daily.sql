{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_days__touched", "key": "event_date", "column": "session_date"},
            "day": "session_date",
            "rebuild": "By day: those on which a session has or had a touched event, because each session counts for one day."
        }
    )
}}

with transitions as (
    select * from {{ ref('fct_transitions') }}
    {{ only_touched('int_days__touched', 'event_date', 'session_date') }}
),

pairs as (
    select
        project_id,
        session_date,
        from_topic_id,
        to_topic_id,
        count(*) as n_transitions,
        count(distinct session_id) as n_sessions
    from transitions
    where not is_overlong
    group by project_id, session_date, from_topic_id, to_topic_id
)

select
    project_id,
    session_date,
    from_topic_id,
    to_topic_id,
    n_transitions,
    n_sessions,
    cast(n_transitions as double)
    / sum(n_transitions) over (partition by project_id, session_date, from_topic_id) as from_share
from pairs
