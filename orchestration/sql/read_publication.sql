select
    version,
    run_id,
    fingerprint,
    published_at,
    n_rows,
    (select count(*) from marts.dim_topics where label_source = 'keyphrases') as n_keyphrase_names
from ops.publication
