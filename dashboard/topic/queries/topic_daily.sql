-- One row per day with messages of a topic.
select
    occurred_at::date as message_date,
    count(*) as n_messages
from shown_topic_messages
group by message_date
order by message_date
