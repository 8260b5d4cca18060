-- One row: messages of a field by status.
with counted as (
    select
        topic_status,
        sum(n_messages) as n_messages
    from shown_message_days
    group by topic_status
)

select
    coalesce(sum(n_messages), 0)::bigint as n_messages,
    coalesce(sum(n_messages) filter (where topic_status = 'assigned'), 0)::bigint as n_assigned,
    coalesce(sum(n_messages) filter (where topic_status = 'filler'), 0)::bigint as n_filler,
    coalesce(sum(n_messages) filter (where topic_status = 'noise'), 0)::bigint as n_noise,
    coalesce(sum(n_messages) filter (where topic_status = 'pending'), 0)::bigint as n_pending
from counted
