-- One row per enum field, the most informative first: those of two to eight values, then of more, then fields like ids
-- and fields of one value. Within each group, the field with the most values seen comes first.
select field
from marts.dim_fields
where project_id = $project_id and effective_type = 'enum'
order by
    case
        when n_distinct_values between 2 and 8 then 0
        when n_distinct_values > 8 and 2 * n_distinct_values <= n_values then 1
        else 2
    end asc,
    n_values desc,
    field asc
limit 100
