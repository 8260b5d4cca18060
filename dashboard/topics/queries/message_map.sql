-- One row per message on the map of a field: those under the filters, at most $most of them, always the same ones.
with listed as (
    select
        said.event_id,
        said.text,
        said.topic_id,
        places.x,
        places.y
    from shown_messages as said
    inner join marts.fct_message_places as places
        on
            places.project_id = $project_id
            and places.field = $field
            and said.event_id = places.event_id
    where said.field = $field
    order by md5(said.event_id)
    limit $most
)

select
    event_id,
    topic_id,
    left(text, 200) as text_start,
    x,
    y
from listed
order by event_id
