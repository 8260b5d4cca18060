truncate warehouse.state.unpublished;

delete from warehouse.state.progress
where key in ('published', 'n_exchanged')
