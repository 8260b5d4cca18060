with own_names as (
    select count(*) as n_own_names
    from marts.dim_topics
    where label_source in ('messages', 'keyphrases')
)

select
    publication.version,
    publication.run_id,
    publication.fingerprint,
    publication.published_at,
    publication.n_rows,
    own_names.n_own_names
from ops.publication
cross join own_names
