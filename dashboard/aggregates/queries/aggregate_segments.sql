-- One row per value of the enum field $by that events of at least $min_people people have, the most events first, at
-- most 50; null for events without one. The first of several values of an event counts.
with marked as (
    select
        event_id,
        enum_value
    from marts.fct_event_values
    where project_id = $project_id and field = $by and value_index = 1 and enum_value is not null
),

counted as (
    select
        marked.enum_value as segment,
        count(*) as n_events,
        count(*) / sum(count(*)) over () as share,
        count(distinct events.session_id) as n_sessions,
        count(distinct people.person) as n_people
    from shown_events as events
    inner join shown_people as people on events.session_id = people.session_id
    left join marked on events.event_id = marked.event_id
    group by marked.enum_value
)

select
    segment,
    n_events,
    share,
    n_sessions,
    n_people
from counted
where n_people >= $min_people
order by n_events desc, segment asc
limit 50
