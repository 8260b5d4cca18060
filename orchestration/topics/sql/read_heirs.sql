-- For each topic that is gone, the topic that got most of its texts in the refit that ended it.
select
    lineage.project_id,
    lineage.from_topic_id,
    arg_max(
        lineage.to_topic_id, (lineage.recorded_at, lineage.n_texts_shared, lineage.to_topic_id)
    ) as heir_topic_id
from ml.topic_lineage as lineage
left join ml.topics
    on lineage.project_id = topics.project_id and lineage.from_topic_id = topics.topic_id
where
    topics.topic_id is null
    and lineage.from_topic_id is not null
    and lineage.to_topic_id is not null
    and lineage.to_topic_id != lineage.from_topic_id
group by lineage.project_id, lineage.from_topic_id
