with windows as (
    select * from {{ ref('int_field_windows__judged') }}
),

evidence as (
    select
        *,
        row_number() over (
            partition by project_id, field
            order by window_number
        ) as evidence_number,
        lag(type) over (
            partition by project_id, field
            order by window_number
        ) as type_before,
        lag(first_date) over (
            partition by project_id, field
            order by window_number
        ) as first_date_before
    from windows
    where is_evidence
),

-- The first evidence counts at once. From then on, two windows in a row must agree; a single one changes nothing.
agreed as (
    select
        *,
        case when evidence_number = 1 or type = type_before then type end as agreed_type
    from evidence
),

settled as (
    select
        *,
        {{ last_known('agreed_type') }} over (
            partition by project_id, field
            order by window_number
            rows between unbounded preceding and current row
        ) as settled_type
    from agreed
),

compared as (
    select
        *,
        lag(settled_type) over (
            partition by project_id, field
            order by window_number
        ) as previous_type
    from settled
),

changes as (
    select
        project_id,
        field,
        settled_type as type,
        previous_type,
        true as is_settled,
        case when evidence_number = 1 then first_date else first_date_before end as evidence_from,
        last_date as evidence_to,
        reason
    from compared
    where previous_type is null or settled_type <> previous_type
),

-- Before there is evidence, the type is detected from all values of the field.
totals as (
    select
        project_id,
        field,
        min(first_date) as evidence_from,
        max(last_date) as evidence_to,
        sum(n_values) as n_values,
        sum(n_new_values) as n_distinct_values,
        sum(n_new_values) as n_new_values,
        sum(n_numbers) as n_numbers,
        sum(n_booleans) as n_booleans,
        sum(n_elements) as n_elements,
        sum(n_tokens) as n_tokens,
        sum(n_short) as n_short
    from windows
    group by project_id, field
    having max(case when is_evidence then 1 else 0 end) = 0
),

ruled as (
    select
        *,
        {{ field_rule() }} as rule
    from totals
),

versions as (
    select * from changes

    union all

    select
        project_id,
        field,
        {{ field_type_of_rule('rule') }} as type,
        cast(null as {{ column_type('varchar') }}) as previous_type,
        false as is_settled,
        evidence_from,
        evidence_to,
        {{ field_reason('rule') }} as reason
    from ruled
)

select
    project_id,
    field,
    cast(
        row_number() over (
            partition by project_id, field
            order by evidence_to
        ) as integer
    ) as version,
    type,
    previous_type,
    is_settled,
    lead(evidence_to) over (
        partition by project_id, field
        order by evidence_to
    ) is null as is_newest,
    evidence_from,
    evidence_to,
    reason || '.' as reason
from versions
