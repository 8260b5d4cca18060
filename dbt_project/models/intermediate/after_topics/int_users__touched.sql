with sessions as (
    select * from {{ ref('int_journeys__touched') }}
),

session_users as (
    select * from {{ ref('int_session_users__counted') }}
),

pending as (
    select * from {{ ref('int_events__pending') }}
)

select
    session_users.project_id,
    session_users.user_id
from session_users
inner join sessions
    on
        session_users.project_id = sessions.project_id
        and session_users.session_id = sessions.session_id
where session_users.user_id is not null

union

select
    project_id,
    user_id
from pending
where is_user_id_given
