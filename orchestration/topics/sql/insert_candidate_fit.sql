insert into ml.candidate_fits (
    project_id,
    field,
    candidate_number,
    status,
    made_at,
    model_id,
    n_texts,
    confidence,
    least_nearness
)
values (
    $project_id,
    $field,
    $candidate_number,
    $status,
    $made_at,
    $model_id,
    $n_texts,
    $confidence,
    $outlier_threshold
)
