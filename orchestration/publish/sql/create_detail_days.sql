create or replace table target.ops.detail_days as
select
    project_id,
    first_date
from temp.detail_days
