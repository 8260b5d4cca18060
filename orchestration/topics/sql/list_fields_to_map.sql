-- Fields whose texts were classified since maps were last drawn, even if a killed run did it, and fields with texts
-- that are missing on the map. Comments of feedback are on none.
with texts as (
    select
        project_id,
        field,
        text_hash,
        own_hash,
        topic_id
    from ml.own_topics
    where field != 'turret.feedback.comment'
    qualify row_number() over (partition by project_id, field order by text_hash) <= $most
),

mapped as (
    select
        project_id,
        field
    from texts
    group by project_id, field
    having count(topic_id) > 0
),

lacking as (
    select
        texts.project_id,
        texts.field,
        texts.own_hash
    from texts
    inner join mapped
        on texts.project_id = mapped.project_id and texts.field = mapped.field
    anti join ml.text_places as places
        on
            texts.project_id = places.project_id
            and texts.field = places.field
            and texts.text_hash = places.text_hash
)

select
    fits.project_id,
    fits.field
from ml.topic_fits as fits
where
    fits.field != 'turret.feedback.comment'
    and fits.recorded_at >= (
        select coalesce(max(stages.started_at), timestamp '1970-01-01')
        from ops.stage_runs as stages
        where stages.stage = 'map'
    )

union

select
    lacking.project_id,
    lacking.field
from lacking
inner join ml.embeddings
    on lacking.own_hash = embeddings.text_hash and embeddings.model_id = $model_id
