-- Candidates that people promoted and no run has made live yet; without a status, they were promoted before a fit.
select
    requests.project_id,
    requests.field,
    requests.candidate_number,
    fits.status
from raw.topic_candidates as requests
left join ml.candidate_fits as fits
    on
        requests.project_id = fits.project_id
        and requests.field = fits.field
        and requests.candidate_number = fits.candidate_number
where requests.is_promoted and coalesce(fits.status, 'open') = 'open'
order by requests.project_id, requests.candidate_number
