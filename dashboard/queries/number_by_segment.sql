-- One row per value of an enum field, the most frequent 50: a number field of the same events; null without a value.
select
    marked.enum_value as segment,
    count(*) as n_values,
    avg(measured.number_value) as mean,
    median(measured.number_value) as median,
    quantile_cont(measured.number_value, 0.95) as p95
from shown_values as measured
left join marts.fct_event_values as marked
    on
        measured.project_id = marked.project_id
        and measured.event_id = marked.event_id
        and marked.field = $by
        and marked.value_index = 1
        and marked.enum_value is not null
where measured.field = $number and measured.number_value is not null
group by segment
order by n_values desc, segment asc
limit 50
