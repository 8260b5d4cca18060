with move_counts as (
    select
        project_id,
        session_id,
        count(*) as n_moves
    from marts.fct_transitions
    group by project_id, session_id
)

select
    sessions.duration_s,
    sessions.n_events,
    coalesce(moves.n_moves, 0) - if(sessions.n_steps = 0, 0, sessions.n_steps + 1) as n_surplus_moves
from marts.fct_sessions as sessions
left join move_counts as moves
    on sessions.project_id = moves.project_id and sessions.session_id = moves.session_id
