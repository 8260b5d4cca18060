-- One row per value of an enum field, with the number of events under the filters. The $top_n values with the most
-- events are named, the others are OTHER, and events without the field NONE. The first of several values counts.
with marked as (
    select
        event_id,
        enum_value
    from marts.fct_event_values
    where project_id = $project_id and field = $by and value_index = 1 and enum_value is not null
),

counted as (
    select
        marked.enum_value,
        events.session_id,
        case when events.is_user_id_given then events.user_id end as given_user_id,
        count(*) as n_events
    from marked
    right join shown_events as events on marked.event_id = events.event_id
    group by marked.enum_value, events.session_id, given_user_id
),

largest as (
    select enum_value
    from counted
    where enum_value is not null
    group by enum_value
    order by sum(n_events) desc, enum_value asc
    limit $top_n
),

placed as (
    select
        counted.session_id,
        counted.given_user_id,
        counted.n_events,
        largest.enum_value as segment,
        case
            when counted.enum_value is null then 'NONE'
            when largest.enum_value is null then 'OTHER'
            else 'VALUE'
        end as kind
    from counted
    left join largest on counted.enum_value = largest.enum_value
)

select
    kind,
    segment,
    sum(n_events)::bigint as n_events,
    count(distinct session_id) as n_sessions,
    count(distinct given_user_id) as n_users,
    sum(n_events) / sum(sum(n_events)) over () as share
from placed
group by kind, segment
order by kind = 'NONE' asc, kind = 'OTHER' asc, n_events desc, segment asc
