-- Spark's statement. The partitions of raw.events in which a landed row belongs or may replace a present copy.
select distinct
    project_id,
    string(date(occurred_at)) as day
from counted

union

select
    present.project_id,
    string(date(present.occurred_at)) as day
from present
semi join counted on present.project_id = counted.project_id and present.event_id = counted.event_id
