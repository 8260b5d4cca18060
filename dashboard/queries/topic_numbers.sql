-- One row per number field of the messages of a topic.
select
    measured.field,
    count(*) as n_values,
    avg(measured.number_value) as mean,
    median(measured.number_value) as median,
    quantile_cont(measured.number_value, 0.95) as p95
from shown_messages as messages
inner join marts.fct_event_values as measured
    on
        messages.project_id = measured.project_id
        and messages.event_id = measured.event_id
        and measured.number_value is not null
where messages.topic_id = $topic_id
group by measured.field
order by n_values desc, measured.field asc
limit 12
