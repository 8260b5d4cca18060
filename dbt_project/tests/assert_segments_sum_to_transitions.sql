-- Each session is in one segment of each field: over a field's segments the moves are those of the project.
with moves as (
    select
        project_id,
        sum(n_transitions) as n_transitions
    from {{ ref('agg_transitions') }}
    group by project_id
),

segment_moves as (
    select
        project_id,
        field,
        sum(n_transitions) as n_transitions
    from {{ ref('agg_transitions_by_segment') }}
    group by project_id, field
)

select
    segment_moves.project_id,
    segment_moves.field,
    moves.n_transitions,
    segment_moves.n_transitions as n_segment_transitions
from segment_moves
left join moves on segment_moves.project_id = moves.project_id
where moves.n_transitions is distinct from segment_moves.n_transitions
