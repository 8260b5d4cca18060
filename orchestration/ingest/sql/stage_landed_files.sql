-- The fast path: DuckDB reads whole files. If one bad line fails the statement, line_reader.py reads instead.
create or replace temp table landed as
with lines as (
    select
        *,
        row_number() over () as place
    from read_json(
        $paths,
        format = 'newline_delimited',
        compression = 'zstd',
        filename = 'path',
        hive_partitioning = false,
        columns = {
            event_id: 'VARCHAR',
            project_id: 'VARCHAR',
            name: 'VARCHAR',
            session_id: 'VARCHAR',
            session_id_given: 'BOOLEAN',
            user_id: 'VARCHAR',
            user_id_given: 'BOOLEAN',
            occurred_at: 'TIMESTAMP',
            received_at: 'TIMESTAMP',
            metadata: 'JSON'
        }
    )
)

select
    project_id,
    event_id,
    name,
    session_id,
    session_id_given,
    user_id,
    user_id_given,
    occurred_at,
    received_at,
    metadata,
    path[length($landing) + 2:] as segment,
    place - min(place) over (partition by path) + 1 as line_number
from lines
