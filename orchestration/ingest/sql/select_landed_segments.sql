-- The load of each segment that is marked as loaded.
select
    landed_segments.segment,
    landed_segments.load
from spark.landed_segments
semi join raw.segments on landed_segments.segment = segments.segment
