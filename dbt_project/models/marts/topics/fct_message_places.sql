{{ config(meta={"rebuild": "In full: at most 20,000 messages of a field, whose coordinates may all have changed."}) }}

with places as (
    select * from {{ ref('stg_ml__text_places') }}
),

messages as (
    select * from {{ ref('int_messages__extracted') }}
),

-- Sampled by hash, so that messages on the map stay on it.
placed as (
    select
        messages.project_id,
        messages.event_id,
        messages.field,
        places.x,
        places.y,
        row_number() over (
            partition by messages.project_id, messages.field
            order by md5(messages.event_id), messages.event_id
        ) as sample_rank
    from messages
    inner join places
        on
            messages.project_id = places.project_id
            and messages.field = places.field
            and messages.text_hash = places.text_hash
)

select
    project_id,
    event_id,
    field,
    x,
    y
from placed
where sample_rank <= 20000
