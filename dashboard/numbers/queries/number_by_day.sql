-- One row per day: statistics of a number field.
-- Sums are scaled by 2 ** 64, so that large values of both signs do not overflow on the way.
with days as (
    select
        occurred_at::date as value_date,
        count(*) as n_values,
        sum(number_value / 2 ** 64) * 2 ** 64 as total,
        avg(number_value / 2 ** 64) * 2 ** 64 as mean,
        quantile_cont(number_value, [0.5, 0.95]) as quantiles
    from shown_numbers
    group by value_date
)

select
    value_date,
    n_values,
    total,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95
from days
order by value_date
