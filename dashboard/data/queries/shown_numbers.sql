-- One row per value of a number field under the filters.
select
    event_id,
    session_id,
    occurred_at,
    number_value
from shown_values
where field = $number and number_value is not null
