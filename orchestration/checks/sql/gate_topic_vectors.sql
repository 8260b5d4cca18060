select
    model_id,
    count(distinct len(vector)) as n_dimensions,
    min(sqrt(list_dot_product(vector, vector))) as least_length,
    max(sqrt(list_dot_product(vector, vector))) as greatest_length
from ml.embeddings
group by model_id
