select
    segment,
    line_number,
    reason,
    line
from read_parquet($files, hive_partitioning = false)
where reason is not null
order by segment, line_number
