-- What became of a topic that is not listed any more, if that is known: what people did with it, or the topics that
-- later fits made of it.
with edited as (
    select
        is_hidden,
        state,
        merged_into_topic_id
    from marts.dim_topic_edits
    where project_id = $project_id and topic_id = $topic_id
),

links as (
    select
        change,
        to_topic_id,
        rank() over (order by recorded_at desc) as newness
    from marts.fct_topic_lineage
    where project_id = $project_id and from_topic_id = $topic_id and to_topic_id is distinct from $topic_id
),

fates as (
    select
        is_hidden,
        state = 'retired' as is_retired,
        merged_into_topic_id is not null as is_merged,
        merged_into_topic_id as successor_id
    from edited

    union all

    select
        false as is_hidden,
        false as is_retired,
        change = 'merged' as is_merged,
        to_topic_id as successor_id
    from links
    where newness = 1
)

select
    bool_or(fates.is_hidden) as is_hidden,
    bool_or(fates.is_retired) as is_retired,
    bool_or(fates.is_merged) as is_merged,
    list(distinct topics.label order by topics.label) as successors
from fates
left join marts.dim_topics as topics
    on topics.project_id = $project_id and fates.successor_id = topics.topic_id
having count(*) > 0
