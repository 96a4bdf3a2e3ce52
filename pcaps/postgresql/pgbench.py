"""pgbench with three clients at once: simple, extended and prepared queries."""

import subprocess

from pcaps.lab import SERVER_HOST, Lab
from pcaps.postgres_server import POSTGRES_TRAFFIC, USER, binaries, client_environment, postgres

SCRIPT = """\
\\set n random(1, 100)
UPDATE counters SET count = count + 1 WHERE id = :n % 10;
SELECT count FROM counters WHERE id = :n % 10;
"""


def make(lab: Lab) -> None:
    postgres(lab)
    script = lab.folder() / "script.sql"
    script.write_text(SCRIPT)
    table = "CREATE TABLE counters AS SELECT id, 0 AS count FROM generate_series(0, 9) AS id"
    target = ("-h", SERVER_HOST, "-U", USER)
    environment = client_environment({"PGSSLMODE": "disable"})
    subprocess.run(("psql", *target, "-q", "-c", table), check=True, env=environment)
    with lab.capture(only=POSTGRES_TRAFFIC):
        for protocol in ("simple", "extended", "prepared"):
            options = ("-n", "-M", protocol, "-c", "3", "-t", "5", "-f", str(script))
            subprocess.run(
                (str(binaries() / "pgbench"), *target, *options, USER),
                check=True,
                env=environment,
                capture_output=True,
            )
