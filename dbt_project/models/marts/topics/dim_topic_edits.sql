with edited as (
    select * from {{ ref('stg_ml__edited_topics') }}
),

-- If nobody has edited a topic, no messages are read.
texts as (
    select * from {{ ref('stg_ml__text_topics') }}
    where (project_id, found_topic_id) in (
        select
            edited.project_id,
            edited.topic_id
        from edited
    )
),

messages as (
    select * from {{ ref('int_texts__united') }}
),

counts as (
    select
        messages.project_id,
        texts.found_topic_id as topic_id,
        count(*) as n_messages
    from messages
    inner join texts
        on
            messages.project_id = texts.project_id
            and messages.field = texts.field
            and messages.text_hash = texts.text_hash
    group by messages.project_id, texts.found_topic_id
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
    edited.state = 'kept' as is_pinned,
    edited.is_found,
    coalesce(counts.n_messages, 0) as n_messages,
    edited.step_choice,
    edited.state,
    edited.example_topic_ids
from edited
left join counts
    on
        edited.project_id = counts.project_id
        and edited.topic_id = counts.topic_id
