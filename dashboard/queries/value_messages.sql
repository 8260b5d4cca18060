-- One row per value of the named fields: events with a message of a text field that have it, and are as many messages.
with said as (
    select event_id
    from shown_messages
    where field = $field
)

select
    field,
    enum_value,
    count(*) as n_events
from shown_values
where
    list_contains($fields::varchar[], field)
    and value_index = 1
    and enum_value is not null
    and event_id in (select said.event_id from said)
group by field, enum_value
order by field asc, n_events desc, enum_value asc
