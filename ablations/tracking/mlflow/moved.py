"""A study's own store in a folder that was moved or copied: MLflow keeps the whole path of every file.

Without this a moved study shows no pictures, and a copied one writes into the original. MLflow has no call for it, so
its tables are changed, as far as they are there, in one transaction.
"""

from pathlib import Path

import sqlalchemy

PLACES = (  # tables and their columns that hold a file's address
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def follow_folder(uri: str, experiment: str, artifact_root: Path) -> bool:
    """Set the files' addresses in this SQLite store to those below `artifact_root`. Returns whether they were others.

    `uri` is of a store that only this study writes to. Raises SQLAlchemyError where it can't be read or written to.
    """
    here = artifact_root.absolute().as_uri()
    engine = sqlalchemy.create_engine(uri)
    try:
        with engine.begin() as connection:
            there = {name for name, _ in PLACES} & set(sqlalchemy.inspect(connection).get_table_names())
            before = _location(connection, experiment) if "experiments" in there else None
            if before is None or before == here:
                return False
            for table, column in PLACES:
                if table in there:
                    _move(connection, table, column, before, here)
            return True
    finally:
        engine.dispose()


def _location(connection: sqlalchemy.Connection, experiment: str) -> str | None:
    query = sqlalchemy.text("SELECT artifact_location FROM experiments WHERE name = :name")
    return connection.execute(query, {"name": experiment}).scalar()


def _move(connection: sqlalchemy.Connection, table: str, column: str, before: str, here: str) -> None:
    """Move the addresses that are `before` or below it; others, such as the default experiment's, stay."""
    known = {each["name"] for each in sqlalchemy.inspect(connection).get_columns(table)}
    if column not in known:
        return
    query = sqlalchemy.text(
        f"UPDATE {table} SET {column} = :here || substr({column}, :length) "
        f"WHERE {column} = :before OR substr({column}, 1, :length) = :below"
    )
    values = {"here": here, "before": before, "below": f"{before}/", "length": len(before) + 1}
    connection.execute(query, values)
