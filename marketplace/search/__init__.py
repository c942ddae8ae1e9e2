"""Search: text, filters, facets, sorting and paging over what the database holds.

`index` is the one door. Behind it stand `text` (ranked text, tantivy) and `columns` (filters, counts and order,
numpy arrays mapped into memory); `store` keeps both as numbered generations that readers in other processes see
whole or not at all. PostgreSQL stays the truth: an index can be deleted and rebuilt at any time.
"""
