-- One row per day and band: the $top_n largest topics, OTHER for the rest of the topics, NONE for messages without one.
with said as (
    select
        occurred_at::date as message_date,
        topic_id
    from shown_messages
    where field = $field
),

ranked as (
    select
        topic_id,
        row_number() over (order by count(*) desc, topic_id asc) as size_rank
    from said
    where topic_id is not null
    group by topic_id
)

select
    said.message_date,
    case
        when said.topic_id is null then 'NONE'
        when ranked.size_rank <= $top_n then said.topic_id
        else 'OTHER'
    end as band,
    count(*) as n_messages
from said
left join ranked on said.topic_id = ranked.topic_id
group by said.message_date, band
order by said.message_date, band
