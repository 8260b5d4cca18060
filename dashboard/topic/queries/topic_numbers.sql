-- One row per number field of the messages of a topic.
-- Sums are scaled by 2 ** 64, so that large values of both signs do not overflow on the way.
with summed as (
    select
        measured.field,
        count(*) as n_values,
        avg(measured.number_value / 2 ** 64) * 2 ** 64 as mean,
        quantile_cont(measured.number_value, [0.5, 0.95]) as quantiles
    from marts.fct_event_values as measured
    inner join shown_topic_messages as said on measured.event_id = said.event_id
    where measured.project_id = $project_id and measured.number_value is not null
    group by measured.field
)

select
    field,
    n_values,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95
from summed
order by n_values desc, field asc
limit 12
