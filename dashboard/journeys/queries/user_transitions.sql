-- One row per pair of the last topic of a user's session and the first topic of the next, most moves first, $listed of
-- them; n_pairs counts all of them.
select
    from_topic_id,
    to_topic_id,
    count(*) as n_transitions,
    count(distinct user_id) as n_users,
    count(*) / sum(count(*)) over (partition by from_topic_id) as from_share,
    median(gap_s) as median_gap_s,
    count(*) over () as n_pairs
from shown_user_transitions
group by from_topic_id, to_topic_id
order by n_transitions desc, from_topic_id asc, to_topic_id asc
limit $listed
