insert into warehouse.state.progress values ('published', $version), ('n_exchanged', $n_exchanged)
