-- One row per value of a number field under the filters: the value of an enum field of the same event, or null without
-- one, and the random group of its session's cluster.
with marked as (
    select
        event_id,
        enum_value
    from marts.fct_event_values
    where project_id = $project_id and field = $by and value_index = 1 and enum_value is not null
)

select
    marked.enum_value as segment,
    clusters.group_id,
    measured.number_value
from marked
right join shown_numbers as measured on marked.event_id = measured.event_id
inner join shown_session_groups as clusters on measured.session_id = clusters.session_id
