-- A candidate is outdated once the field is refitted otherwise or has vectors of another model, and expires in time.
update ml.candidate_fits
set
    status = case
        when candidate_fits.made_at < $oldest then 'expired'
        else 'outdated'
    end
where
    candidate_fits.status in ('open', 'outdated')
    and (
        candidate_fits.made_at < $oldest
        or candidate_fits.model_id != $model_id
        or exists (
            select 1
            from ml.topic_fits as fits
            where
                fits.project_id = candidate_fits.project_id
                and fits.field = candidate_fits.field
                and fits.is_refit
                and fits.recorded_at > candidate_fits.made_at
        )
    )
