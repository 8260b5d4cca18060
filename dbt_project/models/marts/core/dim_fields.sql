with fields as (
    select * from {{ ref('int_fields__typed') }}
)

select
    project_id,
    field,
    detected_type,
    override_type,
    effective_type,
    is_type_settled,
    leaning_type,
    reason,
    n_values,
    n_distinct_values,
    is_journey_field,
    first_seen_at,
    last_seen_at
from fields
