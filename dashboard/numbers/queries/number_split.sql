-- One row: the median of a number field, the greatest value below it, and how many values are above it and at least it.
with middle as (
    select quantile_cont(number_value, 0.5) as median
    from shown_numbers
)

select
    middle.median,
    max(shown_numbers.number_value) filter (where shown_numbers.number_value < middle.median) as below,
    count(*) as n_values,
    count(*) filter (where shown_numbers.number_value > middle.median) as n_above,
    count(*) filter (where shown_numbers.number_value >= middle.median) as n_at_least
from shown_numbers
cross join middle
group by middle.median
