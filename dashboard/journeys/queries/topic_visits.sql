-- One row per topic: the number of journeys that visit it.
with visited as (
    select unnest(list_distinct(path)) as topic_id
    from shown_paths
    where not is_overlong
)

select
    topic_id,
    count(*) as n_sessions
from visited
group by topic_id
order by n_sessions desc, topic_id asc
