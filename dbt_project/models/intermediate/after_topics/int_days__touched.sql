with sessions as (
    select * from {{ ref('int_segments__touched') }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
),

pending as (
    select * from {{ ref('int_events__pending') }}
)

select
    events.project_id,
    cast(events.occurred_at as date) as event_date
from events
inner join sessions
    on
        events.project_id = sessions.project_id
        and events.session_id = sessions.session_id

union

select
    project_id,
    event_date
from pending
