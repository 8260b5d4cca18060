with keyphrase_names as (
    select count(*) as n_keyphrase_names
    from marts.dim_topics
    where label_source = 'keyphrases'
)

select
    publication.version,
    publication.run_id,
    publication.fingerprint,
    publication.published_at,
    publication.n_rows,
    keyphrase_names.n_keyphrase_names
from ops.publication
cross join keyphrase_names
