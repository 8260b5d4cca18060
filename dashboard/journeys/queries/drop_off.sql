-- One row per topic that journeys pass: how often a journey ends with a visit there, like agg_topic_flow for all
-- sessions. Shares of few visits come last.
with visits as (
    select
        unnest(path) as topic_id,
        unnest(range(1, n_steps + 1)) = n_steps as is_exit
    from shown_paths
    where not is_overlong
)

select
    topic_id,
    count(*) as n_visits,
    count(*) filter (where is_exit) as n_exits,
    count(*) filter (where is_exit) / count(*) as drop_off_share,
    count(*) < 30 as is_small_cell
from visits
group by topic_id
order by is_small_cell asc, drop_off_share desc, n_visits desc, topic_id asc
