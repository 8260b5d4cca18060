select
    segment,
    n_lines,
    n_loaded + n_duplicates + n_rejected as n_accounted
from unpublished_segments
