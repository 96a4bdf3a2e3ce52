"""A client that goes over to TLS before it logs in, and one that does not."""

import subprocess

from pcaps.lab import Lab
from pcaps.mysql_server import MYSQL, mysql, start


def make(lab: Lab) -> None:
    folder = lab.folder()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=server", "-keyout", str(key), "-out", str(certificate)),
        ),
        check=True,
        capture_output=True,
    )
    folder.chmod(0o755)
    key.chmod(0o644)
    start(lab, f"--ssl-key={key}", f"--ssl-cert={certificate}")
    with lab.capture(only=MYSQL):
        mysql("SELECT 'over TLS';\n", "--ssl")
        mysql("SELECT 'in the open';\n")
