-- One row per day, topic and status of the messages of a field under the filters.
select
    occurred_at::date as message_date,
    topic_id,
    topic_status,
    count(*) as n_messages,
    max(occurred_at) as last_seen_at
from shown_messages
where field = $field
group by all
