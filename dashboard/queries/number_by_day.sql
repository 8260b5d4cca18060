-- One row per day: a number field.
select
    occurred_at::date as value_date,
    count(*) as n_values,
    avg(number_value) as mean,
    median(number_value) as median,
    quantile_cont(number_value, 0.95) as p95
from shown_values
where field = $number and number_value is not null
group by value_date
order by value_date
