-- One row per topic of a field: a number field of the same events; of events without a topic the topic is null.
with measured as (
    select
        event_id,
        number_value
    from shown_values
    where field = $number and number_value is not null
),

said as (
    select
        event_id,
        topic_id
    from shown_messages
    where field = $field
),

summed as (
    select
        said.topic_id,
        count(*) as n_values,
        avg(measured.number_value) as mean,
        quantile_cont(measured.number_value, [0.5, 0.95]) as quantiles
    from measured
    inner join said on measured.event_id = said.event_id
    group by said.topic_id
)

select
    topic_id,
    n_values,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95
from summed
order by n_values desc, topic_id asc
