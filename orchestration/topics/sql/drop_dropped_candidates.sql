delete from ml.candidate_fits
where
    (project_id, field, candidate_number) not in (
        select
            requests.project_id,
            requests.field,
            requests.candidate_number
        from raw.topic_candidates as requests
    )
