-- One row per topic of a field: a number field of the same events, and how many values are above that of the middle;
-- of events without a topic the topic is null.
with said as (
    select
        event_id,
        topic_id
    from marts.fct_messages
    where project_id = $project_id and field = $field
),

summed as (
    select
        said.topic_id,
        count(*) as n_values,
        count(*) filter (where measured.number_value > $middle) as n_above,
        avg(measured.number_value) as mean,
        quantile_cont(measured.number_value, [0.5, 0.95]) as quantiles
    from said
    inner join shown_numbers as measured on said.event_id = measured.event_id
    group by said.topic_id
)

select
    topic_id,
    n_values,
    n_above,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95
from summed
order by n_values desc, topic_id asc
