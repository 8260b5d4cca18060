-- How many of the tables exist in which dbt records what it touched.
select count(*)
from duckdb_tables()
where
    database_name = 'warehouse'
    and schema_name = 'state'
    and table_name in ('progress', 'unpublished', 'mart_keys')
