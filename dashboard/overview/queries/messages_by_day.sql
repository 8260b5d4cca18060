-- One row per day and band: the topics of $shown, or their areas if $by_area (all of them if $shown is null), OTHER for
-- the other topics, NONE for messages without one.
with areas as (
    select
        topic_id,
        parent_topic_id
    from marts.dim_topics
    where project_id = $project_id and level = 0
),

placed as (
    select
        days.message_date,
        days.n_messages,
        days.topic_id is not null as has_topic,
        if($by_area, areas.parent_topic_id, days.topic_id) as layer
    from shown_message_days as days
    left join areas on days.topic_id = areas.topic_id
)

select
    message_date,
    case
        when not has_topic then 'NONE'
        when layer is null then 'OTHER'
        when coalesce(list_contains($shown::varchar[], layer), true) then layer
        else 'OTHER'
    end as band,
    sum(n_messages)::bigint as n_messages
from placed
group by message_date, band
order by message_date, band
