-- One row per enum field, those that tell most first: of two to eight values, then of more, then those like ids and
-- those of one value; among them the one with most values seen.
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
