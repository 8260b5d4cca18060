-- One row per typical message of a topic, the most typical first.
with examples as (
    select
        project_id,
        field,
        unnest(example_event_ids) as event_id,
        generate_subscripts(example_event_ids, 1) as place
    from marts.dim_topics
    where project_id = $project_id and topic_id = $topic_id
)

select messages.text
from examples
inner join marts.fct_messages as messages
    on
        examples.project_id = messages.project_id
        and examples.field = messages.field
        and examples.event_id = messages.event_id
group by messages.text
order by min(examples.place)
limit 5
