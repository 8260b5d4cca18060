select
    n_texts,
    confidence,
    least_nearness
from ml.candidate_fits
where project_id = $project_id and field = $field and candidate_number = $candidate_number
