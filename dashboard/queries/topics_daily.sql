-- One row per topic of a field and day that has messages.
select
    topic_id,
    occurred_at::date as message_date,
    count(*) as n_messages
from shown_messages
where field = $field and topic_id is not null
group by topic_id, message_date
order by topic_id, message_date
