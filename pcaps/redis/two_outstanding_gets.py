"""A client that always keeps two requests waiting, and every one is a GET of another key."""

from pcaps.lab import Lab

ROUNDS = 60


def make(lab: Lab) -> None:
    lab.redis()
    setup = lab.connect()
    for number in range(ROUNDS):
        setup.call("SET", f"key:{number}", f"value-{number % 10}")
    setup.close()
    with lab.capture():
        client = lab.connect()
        client.send("GET", "key:0")
        for number in range(1, ROUNDS):
            client.send("GET", f"key:{number}")
            client.reply()
        client.reply()
        client.close()
