select
    version,
    run_id,
    fingerprint,
    published_at,
    n_rows
from ops.publication
