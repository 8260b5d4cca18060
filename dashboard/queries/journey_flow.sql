-- One row per move between the columns of the flow picture, for moves 1 to $depth out of START.
-- At each column the $breadth topics that most journeys come through stand for themselves and the rest is OTHER, so
-- that what flows into a column and what flows out of it are equal.
with moves as (
    select
        step,
        from_topic_id,
        to_topic_id
    from shown_transitions
    where step <= $depth + 1 and not is_overlong
),

entered as (
    select
        step,
        to_topic_id as topic_id,
        row_number() over (partition by step order by count(*) desc, to_topic_id) as size_rank
    from moves
    where to_topic_id != 'END'
    group by step, to_topic_id
)

select
    moves.step::integer as step,
    case
        when moves.from_topic_id = 'START' or sources.size_rank <= $breadth then moves.from_topic_id
        else 'OTHER'
    end as source,
    case
        when moves.to_topic_id = 'END' then 'END'
        when moves.step > $depth then 'MORE'
        when targets.size_rank <= $breadth then moves.to_topic_id
        else 'OTHER'
    end as target,
    count(*) as n_sessions
from moves
left join entered as sources
    on moves.from_topic_id = sources.topic_id and moves.step = sources.step + 1
left join entered as targets
    on moves.to_topic_id = targets.topic_id and moves.step = targets.step
group by all
order by step asc, n_sessions desc, source asc, target asc
