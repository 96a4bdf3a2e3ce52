"""Passwords in every place Redis knows: AUTH, HELLO, CONFIG SET, ACL SETUSER, MIGRATE."""

from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis("--requirepass", "first-secret")
    with lab.capture():
        client = lab.connect()
        client.call("GET", "key")
        client.call("HELLO", 3)
        client.call("AUTH", "wrong-secret")
        client.call("AUTH", "default", "wrong-secret")
        client.call("AUTH", "first-secret")
        client.call("SET", "key", "value")
        client.call("AUTH", "default", "first-secret")
        client.call("HELLO", 3, "AUTH", "default", "wrong-secret", "SETNAME", "app")
        client.call("HELLO", 3, "AUTH", "default", "first-secret", "SETNAME", "app")
        client.call("CONFIG", "GET", "requirepass")
        client.call("CONFIG", "SET", "maxmemory", "100mb", "requirepass", "second-secret")
        client.call("CONFIG", "SET", "masterauth", "third-secret")
        client.call("CONFIG", "GET", "*auth")
        client.call("ACL", "SETUSER", "anna", "on", ">fourth-secret", "~*", "+@all")
        client.call("ACL", "SETUSER", "anna", "<fourth-secret", ">fifth-secret")
        client.call("ACL", "GETUSER", "anna")
        client.call("ACL", "GENPASS")
        client.call("ACL", "WHOAMI")
        client.call("AUTH", "anna", "fifth-secret")
        client.call("ACL", "WHOAMI")
        # Nobody listens on that port: the answer is an error, the request is what matters.
        target = ("10.0.0.2", 1, "", 0, 100)
        client.call("MIGRATE", *target, "AUTH", "sixth-secret", "KEYS", "key")
        client.call("MIGRATE", *target, "AUTH2", "anna", "sixth-secret", "KEYS", "key")
        client.write(b"AUTH seventh-secret\r\n")
        client.reply()
        client.write(b'auth anna "fifth-secret"\r\n')
        client.reply()
        client.close()
