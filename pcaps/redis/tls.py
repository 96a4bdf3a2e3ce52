"""TLS on the port: the server's own, and a client that does not know of it."""

import ssl
import subprocess

from pcaps.client import encode
from pcaps.lab import REDIS_PORT, SERVER_HOST, Lab

PAUSE_S = 0.01


def make(lab: Lab) -> None:
    folder = lab.folder()
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    subprocess.run(
        (
            *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(),
            *("-days", "2", "-subj", "/CN=redis", "-keyout", key, "-out", certificate),
        ),
        check=True,
        capture_output=True,
    )
    lab.redis(
        *("--tls-port", str(REDIS_PORT), "--tls-cert-file", certificate, "--tls-key-file", key),
        *("--tls-auth-clients", "no", "--tls-ca-cert-file", certificate),
        port=0,
    )
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.load_verify_locations(certificate)
    with lab.capture():
        client = lab.connect()
        with trusting.wrap_socket(client.socket, server_hostname=SERVER_HOST) as encrypted:
            for number in range(5):
                encrypted.sendall(encode("SET", "key", number))
                encrypted.recv(100)
        client.close()
        client = lab.connect()
        client.send("GET", "key")
        lab.pause(PAUSE_S)
        client.close()
