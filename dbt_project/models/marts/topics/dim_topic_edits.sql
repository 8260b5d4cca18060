with edited as (
    select * from {{ ref('stg_ml__edited_topics') }}
),

texts as (
    select * from {{ ref('stg_ml__text_topics') }}
),

messages as (
    select * from {{ ref('int_messages__extracted') }}
),

counts as (
    select
        texts.project_id,
        texts.found_topic_id as topic_id,
        count(*) as n_messages
    from messages
    inner join texts
        on
            messages.project_id = texts.project_id
            and messages.field = texts.field
            and messages.text_hash = texts.text_hash
    where texts.found_topic_id is not null
    group by texts.project_id, texts.found_topic_id
)

select
    edited.project_id,
    edited.topic_id,
    edited.field,
    edited.own_label,
    edited.chosen_label,
    edited.merged_into_topic_id,
    edited.shown_topic_id,
    edited.is_hidden,
    edited.is_pinned,
    edited.is_found,
    coalesce(counts.n_messages, 0) as n_messages
from edited
left join counts
    on
        edited.project_id = counts.project_id
        and edited.topic_id = counts.topic_id
