-- Text fields whose topics were last fitted with vectors of another model, or before other boilerplate was found.
select
    fits.project_id,
    fits.field
from ml.topic_fits as fits
left join ml.boilerplate
    on fits.project_id = boilerplate.project_id and fits.field = boilerplate.field and len(boilerplate.ngrams) > 0
where fits.is_refit
group by fits.project_id, fits.field
having
    arg_max(fits.model_id, fits.recorded_at) != $model_id
    or max(fits.recorded_at) < any_value(boilerplate.found_at)
