-- One row per link of a topic to itself or to another in a later fit, the newest first.
select
    lineage.recorded_at,
    lineage.change,
    lineage.from_topic_id,
    lineage.to_topic_id,
    sources.label as from_label,
    targets.label as to_label,
    lineage.n_texts_shared,
    lineage.similarity
from marts.fct_topic_lineage as lineage
left join marts.dim_topics as sources
    on lineage.project_id = sources.project_id and lineage.from_topic_id = sources.topic_id
left join marts.dim_topics as targets
    on lineage.project_id = targets.project_id and lineage.to_topic_id = targets.topic_id
where
    lineage.project_id = $project_id
    and (lineage.from_topic_id = $topic_id or lineage.to_topic_id = $topic_id)
order by lineage.recorded_at desc, lineage.change asc, lineage.n_texts_shared desc, lineage.from_topic_id asc
limit 500
