-- Texts that were removed follow their topic: to the one that got most of its texts in the refit that ended it.
update ml.removed_texts
set topic_id = heirs.heir_topic_id
from (
    select
        lineage.from_topic_id,
        arg_max(
            lineage.to_topic_id, (lineage.recorded_at, lineage.n_texts_shared, lineage.to_topic_id)
        ) as heir_topic_id
    from ml.topic_lineage as lineage
    inner join ml.topics
        on lineage.project_id = topics.project_id and lineage.to_topic_id = topics.topic_id
    where
        lineage.project_id = $project_id
        and lineage.field = $field
        and lineage.from_topic_id not in (
            select named.topic_id
            from ml.topics as named
            where named.project_id = $project_id and named.field = $field
        )
    group by lineage.from_topic_id
) as heirs
where
    removed_texts.project_id = $project_id
    and removed_texts.field = $field
    and removed_texts.topic_id = heirs.from_topic_id
