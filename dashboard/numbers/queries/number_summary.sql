-- One row: statistics of a number field.
-- Sums are scaled by 2 ** 64, so that large values of both signs do not overflow on the way.
with summed as (
    select
        count(*) as n_values,
        sum(number_value / 2 ** 64) * 2 ** 64 as total,
        avg(number_value / 2 ** 64) * 2 ** 64 as mean,
        quantile_cont(number_value, [0.5, 0.95]) as quantiles,
        min(number_value) as least,
        max(number_value) as greatest
    from shown_numbers
)

select
    n_values,
    total,
    mean,
    quantiles[1] as median,
    quantiles[2] as p95,
    least,
    greatest
from summed
