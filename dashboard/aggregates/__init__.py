"""The pages of the role `numbers`: counts of enough people, without texts, ids and single sessions."""
