-- One row per day and band: the $top_n largest topics, OTHER for the rest of the topics, NONE for messages without one.
with ranked as (
    select
        topic_id,
        row_number() over (order by n_messages desc, topic_id asc) as size_rank
    from marts.dim_topics
    where project_id = $project_id and field = $field and level = 0 and n_messages > 0
),

said as (
    select
        occurred_at::date as message_date,
        topic_id
    from marts.fct_messages
    where project_id = $project_id and field = $field
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
