-- The rows of a load that count.
create or replace temp table landed as
select rows_read.segment
from read_parquet($files, hive_partitioning = false) as rows_read
anti join released on rows_read.segment = released.segment and rows_read.line_number = released.line_number
where rows_read.reason is null
