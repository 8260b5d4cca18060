with source as (
    select * from {{ source('ml', 'edited_topics') }}
)

select
    project_id,
    field,
    topic_id,
    own_label,
    chosen_label,
    merged_into_topic_id,
    shown_topic_id,
    is_hidden,
    is_found,
    step_choice,
    state,
    example_topic_ids
from source
