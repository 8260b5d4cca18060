-- Fields refitted since the last naming, even if a killed run did it, and those with topics that need a name. Topics
-- that people named, hid, merged, kept or retired need none, unless the model's own name for them was erased.
with refitted as (
    select distinct
        project_id,
        field
    from ml.topic_lineage
    where
        recorded_at >= (
            select coalesce(max(stages.started_at), timestamp '1970-01-01')
            from ops.stage_runs as stages
            where stages.stage = 'label'
        )
),

unnamed as (
    select distinct
        text_topics.project_id,
        text_topics.field
    from ml.text_topics
    left join ml.topics
        on text_topics.project_id = topics.project_id and text_topics.topic_id = topics.topic_id
    where text_topics.topic_id is not null and topics.topic_id is null
),

unsettled as (
    select topics.*
    from ml.topics
    left join raw.topic_choices as choices
        on topics.project_id = choices.project_id and topics.topic_id = choices.topic_id
    where
        choices.topic_id is null
        or (
            choices.label is null
            and not choices.is_hidden
            and choices.merged_into_topic_id is null
            and choices.state = 'proposed'
        )
),

improvable as (
    select distinct
        project_id,
        field
    from unsettled
    where label_source = 'keyphrases' or ($uses_llm and label_source = 'messages')
),

erased as (
    select distinct
        project_id,
        field
    from ml.topics
    where label_source = 'erased'
),

taken as (
    select distinct
        unsettled.project_id,
        unsettled.field
    from unsettled
    inner join raw.topic_choices as choices
        on
            unsettled.project_id = choices.project_id
            and unsettled.field = choices.field
            and lower(unsettled.label) = lower(choices.label)
    where unsettled.level = 0 and choices.merged_into_topic_id is null
)

select * from refitted
union
select * from unnamed
union
select * from improvable
union
select * from taken
union
select * from erased
