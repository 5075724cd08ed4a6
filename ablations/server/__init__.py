"""A team's server: MLflow with accounts before PostgreSQL or SQLite, on a bare machine as in a container."""
