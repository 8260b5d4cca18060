-- One row per typical message of a topic, the most typical first.
with examples as (
    select
        field,
        unnest(example_event_ids) as event_id,
        generate_subscripts(example_event_ids, 1) as place
    from marts.dim_topics
    where project_id = $project_id and topic_id = $topic_id
)

select messages.text
from marts.fct_messages as messages
inner join examples
    on messages.event_id = examples.event_id and messages.field = examples.field
where messages.project_id = $project_id
group by messages.text
order by min(examples.place)
limit 5
