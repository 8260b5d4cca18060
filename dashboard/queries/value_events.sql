-- One row per value of the named fields: events that have it. Of several values of one event the first counts.
select
    field,
    enum_value,
    count(*) as n_events
from shown_values
where list_contains($fields::varchar[], field) and value_index = 1 and enum_value is not null
group by field, enum_value
order by field asc, n_events desc, enum_value asc
