-- One row per text field, the journey field first.
SELECT
    field,
    is_journey_field
FROM marts.dim_fields
WHERE project_id = $project_id AND effective_type = 'text'
ORDER BY is_journey_field DESC, n_values DESC, field
