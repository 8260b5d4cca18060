-- One row per kind of doubtful id: a placeholder such as undefined, a session of many users, or users whose ids differ
-- only in case and blanks; and one row per project, so that each is checked.
with suspects as (
    select
        project_id,
        'session' as kind,
        session_id as id,
        n_users as n_other,
        format(
            'has {:,} event{} of {:,} user{}', n_events, if(n_events = 1, '', 's'), n_users, if(n_users = 1, '', 's')
        ) as size
    from marts.fct_sessions
    where
        session_source = 'given'
        and (n_users >= $many_users or list_contains($placeholders::varchar[], lower(trim(session_id))))

    union all

    select
        project_id,
        'user' as kind,
        user_id as id,
        n_sessions as n_other,
        format(
            'has {:,} event{} in {:,} session{}',
            n_events,
            if(n_events = 1, '', 's'),
            n_sessions,
            if(n_sessions = 1, '', 's')
        ) as size
    from marts.dim_users
    where list_contains($placeholders::varchar[], lower(trim(user_id)))

    union all

    select
        project_id,
        'users' as kind,
        array_to_string(min(user_id, 3), '", "') as id,
        count(*) as n_other,
        format('are {:,} ids that differ in case and blanks only', count(*)) as size
    from marts.dim_users
    group by project_id, lower(trim(user_id))
    having count(*) > 1
),

ranked as (
    select
        *,
        count(*) over (partition by project_id, kind) as n_ids,
        row_number() over (partition by project_id, kind order by n_other desc, id asc) as place
    from suspects
)

select
    project_id,
    kind,
    left(id, 200) as id,
    size,
    n_ids
from ranked
where place = 1

union all

select distinct
    project_id,
    'none' as kind,
    '' as id,
    '' as size,
    0::bigint as n_ids
from marts.fct_sessions
