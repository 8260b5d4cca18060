-- One row: a number field.
select
    count(*) as n_values,
    avg(number_value) as mean,
    median(number_value) as median,
    quantile_cont(number_value, 0.95) as p95,
    min(number_value) as least,
    max(number_value) as greatest
from shown_values
where field = $number and number_value is not null
