-- Fields of which this run has judged texts, and fields that have topics and no map yet.
select
    fits.project_id,
    fits.field
from ml.topic_fits as fits
where fits.run_id = $run_id

union

select
    texts.project_id,
    texts.field
from ml.text_topics as texts
anti join ml.text_places as places
    on texts.project_id = places.project_id and texts.field = places.field
where texts.topic_id is not null
