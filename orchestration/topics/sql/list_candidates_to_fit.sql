select
    project_id,
    field,
    candidate_number
from raw.topic_candidates
where
    not is_promoted
    and (project_id, field, candidate_number) not in (
        select
            fits.project_id,
            fits.field,
            fits.candidate_number
        from ml.candidate_fits as fits
    )
order by project_id, candidate_number
