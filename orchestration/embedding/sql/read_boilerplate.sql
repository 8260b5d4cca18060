select
    ngrams,
    slots,
    n_texts
from ml.boilerplate
where project_id = $project_id and field = $field
