"""`tokens_per_minute` of a connection: calls are held back by the tokens they need."""
