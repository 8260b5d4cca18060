create or replace table target.ops.publication (
    version varchar,
    run_id varchar,
    fingerprint varchar,
    published_at timestamp,
    n_rows bigint
)
