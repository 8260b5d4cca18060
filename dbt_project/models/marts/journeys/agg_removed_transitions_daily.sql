{{ config(meta={"rebuild": "In full: a row per removed day, topic or move, which are few beside events."}) }}

with removed as (
    select * from {{ ref('stg_raw__removed_days') }}
),

projects as (
    select * from {{ ref('stg_raw__projects') }}
)

select
    removed.project_id,
    removed.day as session_date,
    removed.topic_id as from_topic_id,
    removed.to_topic_id,
    cast(sum(removed.n_transitions) as bigint) as n_transitions,
    cast(sum(removed.n_sessions) as bigint) as n_sessions
from removed
inner join projects on removed.project_id = projects.project_id
where removed.to_topic_id is not null
group by removed.project_id, removed.day, removed.topic_id, removed.to_topic_id
