-- One row per day and band: the topics of $shown (all of them if it is null), OTHER for the other topics, NONE for
-- messages without one.
select
    message_date,
    case
        when topic_id is null then 'NONE'
        when coalesce(list_contains($shown::varchar[], topic_id), true) then topic_id
        else 'OTHER'
    end as band,
    sum(n_messages)::bigint as n_messages
from shown_message_days
group by message_date, band
order by message_date, band
