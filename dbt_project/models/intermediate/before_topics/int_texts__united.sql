{{ config(materialized="view", meta={"rebuild": "A view: it only puts two tables together."}) }}

with messages as (
    select * from {{ ref('int_messages__extracted') }}
),

comments as (
    select * from {{ ref('int_comments__extracted') }}
)

select
    project_id,
    event_id as text_id,
    field,
    text_hash,
    occurred_at
from messages

union all

select
    project_id,
    feedback_id as text_id,
    field,
    text_hash,
    occurred_at
from comments
