-- One row per topic that journeys passed: how often a journey ended with a visit there, as agg_topic_flow has it for
-- all sessions. Shares of few visits come last.
select
    steps.topic_id,
    count(distinct steps.session_id) as n_sessions,
    count(*) as n_visits,
    count(*) filter (where steps.step = paths.n_steps) as n_exits,
    count(*) filter (where steps.step = paths.n_steps) / count(*) as drop_off_share,
    count(*) < 30 as is_small_cell
from shown_steps as steps
inner join shown_paths as paths on steps.session_id = paths.session_id
where not paths.is_overlong
group by steps.topic_id
order by is_small_cell asc, drop_off_share desc, n_visits desc, steps.topic_id asc
