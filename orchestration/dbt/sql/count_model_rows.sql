select
    (select count(*) from raw.events) as n_rows_in,
    (select count(*) from intermediate.int_messages__extracted) as n_rows_out
