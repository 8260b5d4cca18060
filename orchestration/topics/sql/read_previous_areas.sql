-- The area of each topic at the last naming. A topic that split from others has the area of the one with which it
-- shares the most texts.
with placed as (
    select
        topic_id,
        parent_topic_id
    from ml.topics
    where project_id = $project_id and field = $field and level = 0 and parent_topic_id is not null
),

candidates as (
    select
        topic_id,
        parent_topic_id,
        true as is_itself,
        0 as n_texts_shared
    from placed

    union all

    select
        lineage.to_topic_id as topic_id,
        placed.parent_topic_id,
        false as is_itself,
        lineage.n_texts_shared
    from ml.topic_lineage as lineage
    inner join placed
        on lineage.from_topic_id = placed.topic_id
    where
        lineage.project_id = $project_id
        and lineage.field = $field
        and lineage.recorded_at >= (
            select coalesce(max(stages.started_at), timestamp '1970-01-01')
            from ops.stage_runs as stages
            where stages.stage = 'label'
        )
        and lineage.to_topic_id is not null
)

select
    topic_id,
    parent_topic_id
from candidates
qualify
    row_number() over (
        partition by topic_id
        order by is_itself desc, n_texts_shared desc, parent_topic_id asc
    ) = 1
