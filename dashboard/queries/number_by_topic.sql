-- One row per topic of a field: a number field of the same events; of events without a topic the topic is null.
select
    messages.topic_id,
    count(*) as n_values,
    avg(measured.number_value) as mean,
    median(measured.number_value) as median,
    quantile_cont(measured.number_value, 0.95) as p95
from shown_values as measured
inner join marts.fct_messages as messages
    on
        measured.project_id = messages.project_id
        and measured.event_id = messages.event_id
        and messages.field = $field
where measured.field = $number and measured.number_value is not null
group by messages.topic_id
order by n_values desc, messages.topic_id asc
