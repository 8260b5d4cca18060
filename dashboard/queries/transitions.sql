-- One row per pair of topics that journeys moved between, most moves first.
select
    from_topic_id,
    to_topic_id,
    count(*) as n_transitions,
    count(distinct session_id) as n_sessions,
    count(*) / sum(count(*)) over (partition by from_topic_id) as from_share,
    median(gap_s) as median_gap_s
from shown_transitions
where not is_overlong
group by from_topic_id, to_topic_id
order by n_transitions desc, from_topic_id asc, to_topic_id asc
