-- Every message that continues is a detail of one step, and nothing else is.
with details as (
    select
        project_id,
        session_id,
        n_details as n
    from {{ ref('fct_session_steps') }}

    union all

    select
        project_id,
        session_id,
        -1 as n
    from {{ ref('fct_messages') }}
    where message_role = 'continues'
)

select
    project_id,
    session_id
from details
group by project_id, session_id
having sum(n) <> 0
