-- A name is kept unless a refit since the last naming changed its topic much, a language model can improve it, an older
-- version of Turret chose it, it was erased, or people gave it to another topic. The name of a topic that people named,
-- hid, merged, kept or retired is kept in any case: they do not see it or want it, and an undo restores it.
with settled as (
    select topic_id
    from raw.topic_choices
    where
        project_id = $project_id
        and field = $field
        and (label is not null or is_hidden or merged_into_topic_id is not null or state != 'proposed')
),

chosen as (
    select lower(label) as label
    from raw.topic_choices
    where project_id = $project_id and field = $field and label is not null and merged_into_topic_id is null
)

select
    topics.topic_id,
    topics.label,
    topics.description,
    topics.keywords,
    topics.label_source,
    topics.label_coverage,
    coalesce(topics.is_mixed, false) as is_mixed
from ml.topics
where
    topics.project_id = $project_id
    and topics.field = $field
    and topics.label_source != 'erased'
    and (
        topics.topic_id in (select settled.topic_id from settled)
        or not (
            topics.label_source = 'keyphrases'
            or ($uses_llm and topics.label_source = 'messages')
            or (topics.level = 0 and lower(topics.label) in (select chosen.label from chosen))
            or exists (
                select 1
                from ml.topic_lineage as lineage
                where
                    lineage.project_id = topics.project_id
                    and lineage.field = topics.field
                    and lineage.recorded_at >= (
                        select coalesce(max(stages.started_at), timestamp '1970-01-01')
                        from ops.stage_runs as stages
                        where stages.stage = 'label'
                    )
                    and lineage.to_topic_id = topics.topic_id
                    and lineage.from_topic_id = topics.topic_id
                    and lineage.similarity < $min_similarity
            )
        )
    )
