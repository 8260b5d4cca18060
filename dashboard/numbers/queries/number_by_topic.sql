-- One row per topic of a field: statistics of a number field of the same events, with its sum and the number of values
-- above the overall median. The topic is null for events without one.
-- Sums are scaled by 2 ** 64, so that large values of both signs do not overflow on the way.
with summed as (
    select
        topic_id,
        count(*) as n_values,
        count(*) filter (where number_value > $middle) as n_above,
        sum(number_value / 2 ** 64) * 2 ** 64 as total,
        avg(number_value / 2 ** 64) * 2 ** 64 as mean,
        quantile_cont(number_value, [0.5, 0.95]) as quantiles
    from shown_number_topics
    group by topic_id
)

select
    topic_id,
    n_values,
    n_above,
    total,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95
from summed
order by n_values desc, topic_id asc
