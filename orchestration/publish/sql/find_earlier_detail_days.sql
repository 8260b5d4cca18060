-- One row per project of which sessions are published that the last file, of which `target` is a copy, leaves out.
select former.project_id
from target.ops.detail_days as former
left join temp.detail_days as details on former.project_id = details.project_id
where details.first_date is null or details.first_date < former.first_date
