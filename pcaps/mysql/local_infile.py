"""LOAD DATA LOCAL: a file, an empty one, one that does not fit, refused by the server."""

from pcaps.lab import Lab
from pcaps.mysql_client import Connection, framed
from pcaps.mysql_server import MYSQL, mysql, start

LOAD = "LOAD DATA LOCAL INFILE 'it is not opened' INTO TABLE words (word)"


def make(lab: Lab) -> None:
    start(lab, "--local-infile=1")
    folder = lab.folder()
    (folder / "lines.txt").write_text("".join(f"line {number}\n" for number in range(500)))
    with lab.capture(only=MYSQL):
        client = Connection(database="shop")
        client.query("CREATE TABLE words (word VARCHAR(20), UNIQUE (word))")
        client.query(LOAD)
        # More packets than there are sequence numbers; two look like commands.
        lines = [b"%d\n" % number for number in range(300)] + [b"\x03SELECT 1\n", b"\x0e"]
        client.write(b"".join(framed(line, 2 + at) for at, line in enumerate(lines)))
        lab.pause(0.01)
        client.write(framed(b"", 2 + len(lines)))
        client.results()
        client.query(LOAD)
        client.write(framed(b"", 2))
        client.results()
        client.query("SELECT COUNT(*) FROM words")
        client.query("SET GLOBAL local_infile = 0")
        client.query(LOAD)
        client.query("SET GLOBAL local_infile = 1")
        client.quit()
        load = f"LOAD DATA LOCAL INFILE '{folder}/lines.txt' INTO TABLE shop.words"
        mysql(f"{load.replace(str(folder), '/nowhere')};\nSELECT 1;\n", "--local-infile=1")
