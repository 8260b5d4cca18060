-- One row per pair of topics that journeys move between, with START and END if $with_ends, most moves first, $listed of
-- them; n_pairs and n_moves count all of them. The share is of all moves out of the first topic.
with pairs as (
    select
        from_topic_id,
        to_topic_id,
        count(*) as n_transitions,
        count(*) / sum(count(*)) over (partition by from_topic_id) as from_share
    from shown_transitions
    where not is_overlong
    group by from_topic_id, to_topic_id
),

listed as (
    select
        *,
        count(*) over () as n_pairs,
        sum(n_transitions) over ()::bigint as n_moves
    from pairs
    where $with_ends or (from_topic_id != 'START' and to_topic_id != 'END')
    order by n_transitions desc, from_topic_id asc, to_topic_id asc
    limit $listed
)

select
    listed.from_topic_id,
    listed.to_topic_id,
    listed.n_transitions,
    count(distinct moves.session_id) as n_sessions,
    listed.from_share,
    median(moves.gap_s) as median_gap_s,
    listed.n_pairs,
    listed.n_moves
from shown_transitions as moves
inner join listed
    on moves.from_topic_id = listed.from_topic_id and moves.to_topic_id = listed.to_topic_id
where not moves.is_overlong
group by all
order by listed.n_transitions desc, listed.from_topic_id asc, listed.to_topic_id asc
