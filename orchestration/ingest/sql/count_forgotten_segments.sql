-- Files whose rows Spark has, but which are no longer marked as loaded.
select count(*)
from spark.landed_segments
anti join raw.segments on landed_segments.segment = segments.segment
