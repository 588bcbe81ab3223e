"""The database: campaigns, every individual, score and parent, as rows of SQL."""
