"""Logins by password, in clear, MD5 and SCRAM, right and wrong; passwords in statements."""

import psycopg

from pcaps.lab import Lab
from pcaps.postgres_server import POSTGRES_TRAFFIC, connect, postgres, psql

SECRET = "never-to-be-seen"
STATEMENTS = (
    f"CREATE USER in_clear PASSWORD '{SECRET}'",
    f"SET password_encryption TO md5; CREATE ROLE by_md5 LOGIN ENCRYPTED PASSWORD '{SECRET}'",
    f"RESET password_encryption; CREATE USER by_scram WITH PASSWORD E'{SECRET}' CREATEDB",
    f"ALTER USER by_scram password $${SECRET}$$ VALID UNTIL 'infinity'",
    f"ALTER ROLE by_scram PASSWORD\n '{SECRET}'",
    f"DO $$ BEGIN EXECUTE 'ALTER USER by_scram PASSWORD ''{SECRET}'''; END $$",
    "CREATE FOREIGN DATA WRAPPER afar",
    "CREATE SERVER there FOREIGN DATA WRAPPER afar",
    f"CREATE USER MAPPING FOR by_scram SERVER there OPTIONS (user 'anna', password '{SECRET}')",
    f"SELECT 'host=there user=anna password={SECRET} port=1' AS dsn",
    "SELECT 'no password here' AS password",
)
USERS = ("in_clear", "by_md5", "by_scram")


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        for statement in STATEMENTS:
            psql("-c", statement)
        for user in USERS:
            with connect(user=user, password=SECRET, dbname="postgres") as connection:
                connection.execute("SELECT current_user")
            try:
                connect(user=user, password="wrong", dbname="postgres")
            except psycopg.OperationalError as error:
                assert "password authentication failed" in str(error), error
