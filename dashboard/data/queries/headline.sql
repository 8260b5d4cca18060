-- One row: total numbers.
select
    count(*) as n_events,
    count(distinct user_id) filter (where is_user_id_given) as n_users,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    (select count(*) from shown_sessions) as n_sessions,
    (
        select count(distinct days.topic_id) from shown_message_days as days
    ) as n_topics
from shown_events
