with topics as (
    select * from {{ source('ml', 'topics') }}
),

edited as (
    select * from {{ source('ml', 'edited_topics') }}
),

-- Topics that are hidden, retired or merged into others are left out.
shown as (
    select
        topics.project_id,
        topics.topic_id,
        topics.field,
        coalesce(edited.chosen_label, topics.label) as label,
        topics.description,
        topics.keywords,
        topics.parent_topic_id,
        topics.level,
        case when edited.chosen_label is not null then 'person' else topics.label_source end as label_source,
        topics.example_text_hashes,
        case when edited.chosen_label is null then topics.label_coverage end as label_coverage,
        edited.chosen_label is null and coalesce(topics.is_mixed, false) as is_mixed,
        edited.step_choice,
        case when topics.level = 0 then coalesce(edited.state, 'proposed') end as state
    from topics
    left join edited
        on
            topics.project_id = edited.project_id
            and topics.topic_id = edited.topic_id
    where edited.topic_id is null or edited.shown_topic_id = topics.topic_id
),

area_topics as (
    select
        project_id,
        parent_topic_id,
        count(*) as n_topics,
        min(label) as label,
        min(label_source) as label_source
    from shown
    where parent_topic_id is not null
    group by project_id, parent_topic_id
),

-- An area of one topic has its name, unless people named it; an area without topics is left out.
named as (
    select
        shown.*,
        case when shown.label_source != 'person' and area_topics.n_topics = 1 then area_topics.label end as topic_label,
        area_topics.label_source as topic_label_source
    from shown
    left join area_topics
        on
            shown.project_id = area_topics.project_id
            and shown.topic_id = area_topics.parent_topic_id
    where shown.level = 0 or area_topics.n_topics > 0
)

select
    project_id,
    topic_id,
    field,
    coalesce(topic_label, label) as label,
    description,
    keywords,
    parent_topic_id,
    level,
    case when topic_label is not null then topic_label_source else label_source end as label_source,
    example_text_hashes,
    label_coverage,
    is_mixed,
    step_choice,
    state
from named
