-- A journey of n steps makes n + 1 moves, START and END included; a session without steps makes none.
with sessions as (
    select * from {{ ref('fct_sessions') }}
),

moves as (
    select
        project_id,
        session_id,
        count(*) as n_moves
    from {{ ref('fct_transitions') }}
    group by project_id, session_id
)

select
    coalesce(sessions.project_id, moves.project_id) as project_id,
    coalesce(sessions.session_id, moves.session_id) as session_id,
    sessions.n_steps,
    moves.n_moves
from sessions
full outer join moves
    on
        sessions.project_id = moves.project_id
        and sessions.session_id = moves.session_id
where
    coalesce(moves.n_moves, 0)
    <> case when coalesce(sessions.n_steps, 0) = 0 then 0 else sessions.n_steps + 1 end
