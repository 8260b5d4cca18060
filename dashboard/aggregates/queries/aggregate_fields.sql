-- One row per enum and number field with values of at least $min_people people, the most informative enum fields first.
with given as (
    select
        counted.field,
        count(distinct people.person) as n_people
    from shown_values as counted
    inner join shown_people as people on counted.session_id = people.session_id
    group by counted.field
)

select
    fields.field,
    fields.effective_type
from marts.dim_fields as fields
inner join given on fields.field = given.field
where
    fields.project_id = $project_id
    and fields.effective_type in ('enum', 'number')
    and given.n_people >= $min_people
order by
    case
        when fields.n_distinct_values between 2 and 8 then 0
        when fields.n_distinct_values > 8 and 2 * fields.n_distinct_values <= fields.n_values then 1
        else 2
    end asc,
    fields.n_values desc,
    fields.field asc
limit 100
