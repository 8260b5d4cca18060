-- One row per value that messages of a topic have in each of the named fields, with their number. The first of several
-- values of an event counts.
select
    given.field,
    given.enum_value,
    count(*) as n_messages
from marts.fct_event_values as given
inner join shown_topic_messages as said on given.event_id = said.event_id
where
    given.project_id = $project_id
    and list_contains($fields::varchar[], given.field)
    and given.value_index = 1
    and given.enum_value is not null
group by given.field, given.enum_value
order by given.field asc, n_messages desc, given.enum_value asc
