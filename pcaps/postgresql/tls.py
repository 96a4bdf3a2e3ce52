"""A server that encrypts: psql asks and gets it, psycopg insists, a client does without."""

import os
import shutil
import subprocess

from pcaps.lab import Lab
from pcaps.postgres_server import POSTGRES_TRAFFIC, USER, connect, postgres, psql


def make(lab: Lab) -> None:
    folder = lab.folder()
    folder.chmod(0o755)
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    subprocess.run(
        (
            *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(),
            *("-days", "2", "-subj", "/CN=postgres", "-keyout", key, "-out", certificate),
        ),
        check=True,
        capture_output=True,
    )
    if os.geteuid() == 0:
        shutil.chown(key, USER, USER)
    postgres(lab, "ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}")
    with lab.capture(only=POSTGRES_TRAFFIC):
        psql("-c", "SELECT 'encrypted'", sslmode="prefer")
        with connect(sslmode="require") as connection:
            connection.execute("SELECT 'encrypted too'")
        psql("-c", "SELECT 'in clear'")
