-- One row per journey and move between the columns of the flow chart. Journeys are followed from START on, from their
-- first visit to $from_topic on, or backward from their first visit to $to_topic, where START is the far end. Each
-- column names the $breadth topics with the most journeys, each with at least $min_share of all. The rest is OTHER, so
-- the inflow of a column equals its outflow.
with journeys as (
    select
        session_id,
        case
            when $from_topic is not null
                then list_slice(path, list_position(path, $from_topic) + 1, len(path))
            when $to_topic is not null
                then list_reverse(list_slice(path, 1, list_position(path, $to_topic) - 1))
            else path
        end as topics
    from shown_paths
    where
        n_steps > 0
        and not is_overlong
        and ($from_topic is null or list_contains(path, $from_topic))
        and ($to_topic is null or list_contains(path, $to_topic))
),

steps as (
    select
        session_id,
        topics,
        unnest(range(1, least(len(topics), $depth) + 2)) as step
    from journeys
),

moves as (
    select
        session_id,
        step,
        case when step = 1 then coalesce($from_topic, $to_topic, 'START') else topics[step - 1] end as source,
        case
            when step > len(topics) and $from_topic is null and $to_topic is not null then 'START'
            when step > len(topics) then 'END'
            when step > $depth then 'MORE'
            else topics[step]
        end as target
    from steps
),

entered as (
    select
        step,
        target as topic_id,
        count(*) as n_sessions,
        row_number() over (partition by step order by count(*) desc, target) as size_rank
    from moves
    where target not in ('START', 'END', 'MORE')
    group by step, target
),

named as (
    select
        step,
        topic_id
    from entered
    where size_rank <= $breadth and n_sessions >= $min_share * (select count(*) from journeys)
)

select
    moves.session_id,
    moves.step,
    case when moves.step = 1 or sources.topic_id is not null then moves.source else 'OTHER' end as source,
    case
        when moves.target in ('START', 'END', 'MORE') or targets.topic_id is not null then moves.target
        else 'OTHER'
    end as target
from moves
left join named as sources
    on moves.source = sources.topic_id and moves.step = sources.step + 1
left join named as targets
    on moves.target = targets.topic_id and moves.step = targets.step
