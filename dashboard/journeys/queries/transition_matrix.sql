-- One row per cell of the matrix: moves out of START, one of the $top_n most visited topics or OTHER (all further
-- topics), into such a topic, OTHER or END. The shares of a row sum to 1. Sessions are counted if a cell is a single
-- pair of topics; only a journey that returns to a topic can make a move twice.
with moves as (
    select
        session_id,
        n_returns > 0 as may_repeat,
        unnest(list_prepend('START', path)) as from_topic_id,
        unnest(list_append(path, 'END')) as to_topic_id
    from shown_paths
    where n_steps > 0 and not is_overlong
),

pairs as (
    select
        from_topic_id,
        to_topic_id,
        count(*) as n_transitions,
        count(*) filter (where not may_repeat) + count(distinct session_id) filter (where may_repeat) as n_sessions
    from moves
    group by from_topic_id, to_topic_id
),

largest as (
    select
        to_topic_id as topic_id,
        row_number() over (order by sum(n_transitions) desc, to_topic_id asc) as size_rank
    from pairs
    where to_topic_id != 'END'
    group by to_topic_id
    qualify size_rank <= $top_n
),

placed as (
    select
        pairs.n_transitions,
        pairs.n_sessions,
        case
            when pairs.from_topic_id = 'START' or sources.topic_id is not null then pairs.from_topic_id
            else 'OTHER'
        end as source,
        case
            when pairs.to_topic_id = 'END' or targets.topic_id is not null then pairs.to_topic_id
            else 'OTHER'
        end as target,
        case when pairs.from_topic_id = 'START' then 0 else coalesce(sources.size_rank, $top_n + 1) end as source_rank,
        case when pairs.to_topic_id = 'END' then $top_n + 2 else coalesce(targets.size_rank, $top_n + 1) end
            as target_rank
    from pairs
    left join largest as sources
        on pairs.from_topic_id = sources.topic_id
    left join largest as targets
        on pairs.to_topic_id = targets.topic_id
)

select
    source,
    target,
    sum(n_transitions)::bigint as n_transitions,
    case when source != 'OTHER' and target != 'OTHER' then sum(n_sessions)::bigint end as n_sessions,
    (sum(n_transitions) / sum(sum(n_transitions)) over (partition by source))::double as source_share
from placed
group by source, target, source_rank, target_rank
order by source_rank asc, target_rank asc
