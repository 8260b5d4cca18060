-- One row per value of an enum field, the most frequent 50: a number field of the same events, and how many of its
-- values are above that of the middle; null without a value.
with marked as (
    select
        event_id,
        enum_value
    from marts.fct_event_values
    where project_id = $project_id and field = $by and value_index = 1 and enum_value is not null
),

summed as (
    select
        marked.enum_value as segment,
        count(*) as n_values,
        count(*) filter (where measured.number_value > $middle) as n_above,
        avg(measured.number_value) as mean,
        quantile_cont(measured.number_value, [0.5, 0.95]) as quantiles
    from marked
    right join shown_numbers as measured on marked.event_id = measured.event_id
    group by marked.enum_value
)

select
    segment,
    n_values,
    n_above,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95
from summed
order by n_values desc, segment asc
limit 50
