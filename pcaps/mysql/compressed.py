"""Clients that agree on compression: what follows the login cannot be followed."""

from pcaps.lab import Lab
from pcaps.mysql_server import MYSQL, mysql, start


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        mysql("SELECT REPEAT('compressed ', 500);\nSELECT 1;\n", "--compress")
        mysql("SELECT 'not compressed';\n")
