select
    (select count(*) from marts.fct_messages) as n_rows_in,
    (select count(*) from marts.fct_transitions) as n_rows_out
