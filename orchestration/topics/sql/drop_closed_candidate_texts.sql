delete from ml.candidate_texts
where
    (project_id, field, candidate_number) not in (
        select
            fits.project_id,
            fits.field,
            fits.candidate_number
        from ml.candidate_fits as fits
        where fits.status in ('open', 'outdated')
    )
