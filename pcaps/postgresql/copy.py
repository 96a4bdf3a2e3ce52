"""COPY by psql and psycopg, in and out: whole, bad data, broken off, of no table."""

from pcaps.lab import Lab
from pcaps.postgres_client import COPY_DONE, SYNC, RawClient, bind, execute, message, parse, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, connect, postgres, psql

IN = "COPY lines FROM STDIN"
OUT = "COPY lines TO STDOUT"


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        psql("-c", "CREATE TABLE lines (number int, line text)")
        psql("-c", f"\\{IN}", text="1\tone\n2\ttwo\n\\.\n")
        psql("-c", f"\\{OUT}")
        psql("-c", f"\\{IN}", text="three\tbad\n\\.\n")
        psql("-c", "COPY nobody TO STDOUT")
        psql("-c", f"SELECT 'before'; {OUT}; SELECT 'behind'")
        with connect() as connection:
            with connection.cursor().copy(IN) as rows:
                for number in range(100):
                    rows.write_row((number, "x" * 50))
            with connection.cursor().copy(OUT) as rows:
                assert len(list(rows)) == 102
            try:
                with connection.cursor().copy(IN) as rows:
                    rows.write_row((1, "given up"))
                    raise KeyError
            except KeyError:
                connection.execute("SELECT count(*) FROM lines")
        _extended()


def _extended() -> None:
    client = RawClient()
    begin = (parse(IN), bind(), execute(), SYNC)
    client.call(*begin, last="G")
    client.call(message("d", b"7\tseven\n"), COPY_DONE, SYNC)
    client.call(*begin, last="G")
    client.call(message("d", b"bad\n"), message("f", b"no more\0"), SYNC)
    client.call(parse("COPY nobody FROM STDIN"), bind(), execute(), SYNC)
    client.call(query("SELECT 'still in step'"))
    client.close()
