-- A name is kept unless this run's refit changed its topic much, or a model is there to better a keyphrase name.
select
    topics.topic_id,
    topics.label,
    topics.description,
    topics.keywords,
    topics.label_source
from ml.topics
where
    topics.project_id = $project_id
    and topics.field = $field
    and not ($wants_llm and topics.label_source = 'keyphrases')
    and not exists (
        select 1
        from ml.topic_lineage as lineage
        where
            lineage.project_id = topics.project_id
            and lineage.field = topics.field
            and lineage.run_id = $run_id
            and lineage.to_topic_id = topics.topic_id
            and lineage.from_topic_id = topics.topic_id
            and lineage.similarity < $least_similarity
    )
