with classified as (
    select * from {{ source('ml', 'text_topics') }}
),

removed as (
    select * from {{ source('ml', 'removed_texts') }}
),

found as (
    select
        project_id,
        field,
        text_hash,
        topic_id,
        topic_status,
        topic_confidence,
        topic_reason
    from classified

    union all

    select
        project_id,
        field,
        text_hash,
        topic_id,
        topic_status,
        topic_confidence,
        topic_reason
    from removed
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

roles as (
    select * from {{ source('ml', 'topic_roles') }}
),

-- A text that people moved stays where they put it, whether or not the topic model has classified it.
placed as (
    select
        coalesce(found.project_id, moved.project_id) as project_id,
        coalesce(found.field, moved.field) as field,
        coalesce(found.text_hash, moved.text_hash) as text_hash,
        found.topic_id as found_topic_id,
        coalesce(moved.topic_id, found.topic_id) as topic_id,
        case when moved.topic_id is not null then 'assigned' else found.topic_status end as topic_status,
        case when moved.topic_id is not null then 1.0 else found.topic_confidence end as topic_confidence,
        case when moved.topic_id is null then found.topic_reason end as topic_reason
    from found
    full outer join moved
        on
            found.project_id = moved.project_id
            and found.field = moved.field
            and found.text_hash = moved.text_hash
),

-- Texts of a merged topic count for the other one, those of a retired topic for the next nearest one or for none, and
-- those of a hidden topic as filler.
shown as (
    select
        placed.project_id,
        placed.field,
        placed.text_hash,
        placed.found_topic_id,
        case
            when edited.topic_id is null then placed.topic_id
            when edited.state = 'retired' then coalesce(heirs.shown_topic_id, retired.topic_id)
            else edited.shown_topic_id
        end as topic_id,
        case
            when edited.state = 'retired' and retired.topic_id is null then 'noise' else placed.topic_status
        end as topic_status,
        case
            when edited.state = 'retired' then retired.topic_confidence else placed.topic_confidence
        end as topic_confidence,
        case
            when edited.state = 'retired' and retired.topic_id is null then 'retired' else placed.topic_reason
        end as topic_reason
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
)

select
    shown.project_id,
    shown.field,
    shown.text_hash,
    shown.topic_id,
    case
        when shown.topic_status = 'assigned' and shown.topic_id is null then 'filler' else shown.topic_status
    end as topic_status,
    case when shown.topic_id is not null then shown.topic_confidence end as topic_confidence,
    case
        when shown.topic_status = 'assigned' and shown.topic_id is null then 'hidden' else shown.topic_reason
    end as topic_reason,
    shown.found_topic_id,
    edited.step_choice,
    case
        when edited.step_choice is not null then edited.step_choice = 'never' else coalesce(roles.continues, false)
    end as topic_continues
from shown
left join edited
    on
        shown.project_id = edited.project_id
        and shown.topic_id = edited.topic_id
left join roles
    on
        shown.project_id = roles.project_id
        and shown.topic_id = roles.topic_id
