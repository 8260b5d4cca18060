-- One row per value of the enum field $by that events of at least $min_people people have, the most events first, at
-- most 50; null for events without one. The first of several values of an event counts. If the values that are left out
-- have fewer than $min_people people together, the value with the fewest people of the others is left out too, or the
-- total would give them away. The share is of all events.
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
),

ranked as (
    select
        *,
        coalesce(sum(n_people) filter (where n_people < $min_people) over (), 0) as n_left_out,
        row_number() over (order by n_people < $min_people asc, n_people asc, segment asc) as place
    from counted
),

kept as (
    select *
    from ranked
    where n_people >= $min_people and not (place = 1 and n_left_out between 1 and $min_people - 1)
)

select
    segment,
    n_events,
    share,
    n_sessions,
    n_people
from kept
order by n_events desc, segment asc
limit 50
