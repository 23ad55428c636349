"""Ways to reach a source system: http, database, files. They carry bytes and do not look into them."""
