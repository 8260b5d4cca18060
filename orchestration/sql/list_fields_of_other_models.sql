-- Text fields whose topics were last fitted with vectors of another model.
select
    project_id,
    field
from ml.topic_fits
where is_refit
group by project_id, field
having arg_max(model_id, recorded_at) != $model_id
