-- One row per day that has messages of a topic.
select
    message_date,
    n_messages
from marts.agg_topic_daily
where project_id = $project_id and topic_id = $topic_id
order by message_date
