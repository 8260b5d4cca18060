-- The last full fit of a field, the number of texts since, and whether more boilerplate was found.
with last_fit as (
    select
        model_id,
        n_texts,
        confidence,
        least_nearness,
        recorded_at,
        project_id,
        field
    from ml.topic_fits
    where project_id = $project_id and field = $field and is_refit
    order by recorded_at desc
    limit 1
)

select
    last_fit.model_id,
    last_fit.n_texts as n_fitted,
    coalesce(last_fit.confidence, 0) as fitted_confidence,
    last_fit.least_nearness,
    coalesce(sum(since.n_new), 0)::bigint as n_since,
    sum(since.n_new * since.confidence)
    / nullif(sum(since.n_new) filter (where since.confidence is not null), 0) as confidence_since,
    coalesce(last_fit.recorded_at < boilerplate.found_at, false) as has_other_boilerplate
from last_fit
left join ml.boilerplate
    on
        last_fit.project_id = boilerplate.project_id
        and last_fit.field = boilerplate.field
        and len(boilerplate.ngrams) > 0
left join ml.topic_fits as since
    on last_fit.recorded_at < since.recorded_at and since.project_id = $project_id and since.field = $field
group by all
