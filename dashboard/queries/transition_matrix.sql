-- One row per cell of the matrix: moves out of START, out of one of the $top_n topics that journeys visit most or out
-- of OTHER (all further topics), into such a topic, OTHER or END. The shares of a row sum to 1.
with moves as (
    select
        session_id,
        from_topic_id,
        to_topic_id
    from shown_transitions
    where not is_overlong
),

largest as (
    select
        to_topic_id as topic_id,
        row_number() over (order by count(*) desc, to_topic_id asc) as size_rank
    from moves
    where to_topic_id != 'END'
    group by to_topic_id
    qualify size_rank <= $top_n
),

cells as (
    select
        case
            when moves.from_topic_id = 'START' or sources.topic_id is not null then moves.from_topic_id
            else 'OTHER'
        end as source,
        case
            when moves.to_topic_id = 'END' or targets.topic_id is not null then moves.to_topic_id
            else 'OTHER'
        end as target,
        case when moves.from_topic_id = 'START' then 0 else coalesce(sources.size_rank, $top_n + 1) end as source_rank,
        case when moves.to_topic_id = 'END' then $top_n + 2 else coalesce(targets.size_rank, $top_n + 1) end
            as target_rank,
        count(*) as n_transitions,
        count(distinct moves.session_id) as n_sessions
    from moves
    left join largest as sources
        on moves.from_topic_id = sources.topic_id
    left join largest as targets
        on moves.to_topic_id = targets.topic_id
    group by all
)

select
    source,
    target,
    n_transitions,
    n_sessions,
    n_transitions / sum(n_transitions) over (partition by source) as source_share
from cells
order by source_rank asc, target_rank asc
