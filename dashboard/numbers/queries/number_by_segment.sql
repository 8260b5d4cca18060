-- One row per value of an enum field, the most frequent 50: statistics of a number field of the same events, with its
-- sum and the number of values above the overall median. The value is null for events without one.
-- Sums are scaled by 2 ** 64, so that large values of both signs do not overflow on the way.
with summed as (
    select
        segment,
        count(*) as n_values,
        count(*) filter (where number_value > $middle) as n_above,
        sum(number_value / 2 ** 64) * 2 ** 64 as total,
        avg(number_value / 2 ** 64) * 2 ** 64 as mean,
        quantile_cont(number_value, [0.5, 0.95]) as quantiles
    from shown_number_segments
    group by segment
)

select
    segment,
    n_values,
    n_above,
    total,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95
from summed
order by n_values desc, segment asc
limit 50
