-- One row per value of an enum field, with what was chosen of events; the $top_n values of most events stand for
-- themselves, the others are OTHER, and events without the field NONE. Of several values of one event the first counts.
with said as (
    select
        events.event_id,
        events.session_id,
        events.user_id,
        events.is_user_id_given,
        marked.enum_value
    from shown_events as events
    left join marts.fct_event_values as marked
        on
            events.project_id = marked.project_id
            and events.event_id = marked.event_id
            and marked.field = $by
            and marked.value_index = 1
            and marked.enum_value is not null
),

ranked as (
    select
        enum_value,
        row_number() over (order by count(*) desc, enum_value asc) as size_rank
    from said
    where enum_value is not null
    group by enum_value
)

select
    case when said.enum_value is null then 'NONE' when ranked.size_rank <= $top_n then 'VALUE' else 'OTHER' end as kind,
    case when ranked.size_rank <= $top_n then said.enum_value end as segment,
    count(*) as n_events,
    count(distinct said.session_id) as n_sessions,
    count(distinct said.user_id) filter (where said.is_user_id_given) as n_users,
    count(*) / sum(count(*)) over () as share
from said
left join ranked on said.enum_value = ranked.enum_value
group by kind, segment
order by kind = 'NONE' asc, kind = 'OTHER' asc, n_events desc, segment asc
