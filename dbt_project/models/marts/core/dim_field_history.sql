with settled_types as (
    select * from {{ ref('int_field_types__settled') }}
)

select
    project_id,
    field,
    version,
    type,
    previous_type,
    is_settled,
    is_newest,
    evidence_from,
    evidence_to,
    reason
from settled_types
