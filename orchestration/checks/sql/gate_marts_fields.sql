-- One row per enum field to compare by and number to reconcile: the segments of each field contain every session once.
with session_counts as (
    select
        project_id,
        count(*) as n_sessions,
        count(*) filter (where not is_overlong and not is_automated) as n_counted_sessions
    from marts.fct_sessions
    group by project_id
),

move_counts as (
    select
        project_id,
        sum(n_transitions) as n_moves
    from marts.agg_transitions
    group by project_id
),

segmented as (
    select
        project_id,
        field,
        count(*) as n_sessions
    from marts.fct_session_segments
    group by project_id, field
),

measures as (
    select
        project_id,
        field,
        'segmented_sessions' as measure,
        n_sessions as n
    from segmented

    union all

    select
        project_id,
        field,
        'sessions_of_segments' as measure,
        sum(n_sessions) as n
    from marts.agg_segments
    group by project_id, field

    union all

    select
        project_id,
        field,
        'moves_of_segments' as measure,
        sum(n_transitions) as n
    from marts.agg_transitions_by_segment
    group by project_id, field

    union all

    select
        segmented.project_id,
        segmented.field,
        unnest(['sessions', 'counted_sessions', 'walked_moves']) as measure,
        unnest([sessions.n_sessions, sessions.n_counted_sessions, moves.n_moves]) as n
    from segmented
    left join session_counts as sessions on segmented.project_id = sessions.project_id
    left join move_counts as moves on segmented.project_id = moves.project_id
)

select
    project_id,
    field,
    measure,
    coalesce(n, 0)::bigint as n
from measures
