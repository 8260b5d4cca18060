{{ config(meta={"rebuild": "In full: a row per removed day, topic or move, which are few beside events."}) }}

with removed as (
    select * from {{ ref('stg_raw__removed_days') }}
),

projects as (
    select * from {{ ref('stg_raw__projects') }}
)

select
    removed.project_id,
    removed.day as event_date,
    cast(sum(removed.n_events) as bigint) as n_events,
    cast(sum(removed.n_messages) as bigint) as n_messages,
    cast(sum(removed.n_sessions) as bigint) as n_sessions,
    cast(sum(removed.n_users) as bigint) as n_users
from removed
inner join projects on removed.project_id = projects.project_id
where removed.topic_id is null
group by removed.project_id, removed.day
