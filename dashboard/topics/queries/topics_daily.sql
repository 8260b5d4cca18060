-- One row per topic of a field and day with messages.
select
    topic_id,
    message_date,
    sum(n_messages)::bigint as n_messages
from shown_message_days
where topic_id is not null
group by topic_id, message_date
order by topic_id, message_date
