-- One row per day and band: the $top_n largest topics, OTHER for the rest of the topics, NONE for messages without one.
with counted as (
    select
        message_date,
        topic_id,
        sum(n_messages) as n_messages
    from shown_message_days
    group by message_date, topic_id
),

largest as (
    select topic_id
    from counted
    where topic_id is not null
    group by topic_id
    order by sum(n_messages) desc, topic_id asc
    limit $top_n
)

select
    counted.message_date,
    case
        when counted.topic_id is null then 'NONE'
        else coalesce(largest.topic_id, 'OTHER')
    end as band,
    sum(counted.n_messages)::bigint as n_messages
from counted
left join largest on counted.topic_id = largest.topic_id
group by counted.message_date, band
order by counted.message_date, band
