"""The first tables, from before the first release (fixtures/store/tables_0001.sql). New databases are made whole."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing comes before them."""
