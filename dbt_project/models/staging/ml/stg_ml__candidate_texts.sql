with candidates as (
    select * from {{ source('ml', 'candidate_texts') }}
),

moved as (
    select * from {{ source('ml', 'moved_texts') }}
),

edited as (
    select * from {{ source('ml', 'edited_topics') }}
),

retired as (
    select * from {{ source('ml', 'retired_texts') }}
),

placed as (
    select
        candidates.project_id,
        candidates.field,
        candidates.candidate_number,
        candidates.text_hash,
        coalesce(moved.topic_id, candidates.topic_id) as topic_id
    from candidates
    left join moved
        on
            candidates.project_id = moved.project_id
            and candidates.field = moved.field
            and candidates.text_hash = moved.text_hash
)

-- People's edits apply to a candidate as to the topics of today.
select
    placed.project_id,
    placed.field,
    placed.candidate_number,
    placed.text_hash,
    case
        when edited.topic_id is null then placed.topic_id
        when edited.state = 'retired' then coalesce(heirs.shown_topic_id, retired.topic_id)
        else edited.shown_topic_id
    end as topic_id
from placed
left join edited
    on
        placed.project_id = edited.project_id
        and placed.topic_id = edited.topic_id
left join retired
    on
        placed.project_id = retired.project_id
        and placed.field = retired.field
        and placed.text_hash = retired.text_hash
left join edited as heirs
    on
        retired.project_id = heirs.project_id
        and retired.topic_id = heirs.topic_id
