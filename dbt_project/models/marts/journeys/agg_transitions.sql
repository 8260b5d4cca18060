with days as (
    select * from {{ ref('agg_transitions_daily') }}
),

transitions as (
    select * from {{ ref('fct_transitions') }}
    where not is_overlong
),

-- A session counts for one day, so sessions of days sum to all sessions.
pairs as (
    select
        project_id,
        from_topic_id,
        to_topic_id,
        cast(sum(n_transitions) as bigint) as n_transitions,
        cast(sum(n_sessions) as bigint) as n_sessions
    from days
    group by project_id, from_topic_id, to_topic_id
),

gaps as (
    select
        project_id,
        from_topic_id,
        to_topic_id,
        median(gap_s) as median_gap_s
    from transitions
    where gap_s is not null
    group by project_id, from_topic_id, to_topic_id
)

select
    pairs.project_id,
    pairs.from_topic_id,
    pairs.to_topic_id,
    pairs.n_transitions,
    pairs.n_sessions,
    cast(pairs.n_transitions as double)
    / sum(pairs.n_transitions) over (partition by pairs.project_id, pairs.from_topic_id) as from_share,
    gaps.median_gap_s
from pairs
left join gaps
    on
        pairs.project_id = gaps.project_id
        and pairs.from_topic_id = gaps.from_topic_id
        and pairs.to_topic_id = gaps.to_topic_id
