with source as (
    select * from {{ source('raw', 'segments') }}
)

select
    segment,
    project_id,
    received_date,
    received_hour,
    n_lines,
    n_loaded,
    n_duplicates,
    n_rejected,
    n_bytes,
    run_id,
    loaded_at
from source
