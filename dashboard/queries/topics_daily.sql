-- One row per topic of a field and day that has messages.
select
    days.topic_id,
    days.message_date,
    days.n_messages
from marts.agg_topic_daily as days
inner join marts.dim_topics as topics
    on days.project_id = topics.project_id and days.topic_id = topics.topic_id
where days.project_id = $project_id and topics.field = $field and topics.level = 0 and topics.n_messages > 0
order by days.topic_id, days.message_date
