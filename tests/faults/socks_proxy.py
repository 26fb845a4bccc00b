"""A SOCKS5 proxy on the loopback (RFC 1928): CONNECT, to addresses and names, no password."""

import socket
import socketserver
import threading
from types import TracebackType

VERSION, NO_PASSWORD, CONNECT, GRANTED = 5, 0, 1, 0
IPV4, NAME = 1, 3


class SocksProxy:
    """The proxy, for the length of a `with` block."""

    def __init__(self) -> None:
        self.connections = 0
        handler = type("BoundRelay", (Relay,), {"proxy": self})
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def __enter__(self) -> "SocksProxy":
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()


class Relay(socketserver.StreamRequestHandler):
    """One connection: the greeting, the request, then bytes in both directions."""

    proxy: SocksProxy

    def handle(self) -> None:
        _, count = self.rfile.read(2)
        self.rfile.read(count)
        self.wfile.write(bytes([VERSION, NO_PASSWORD]))
        _, command, _, kind = self.rfile.read(4)
        assert command == CONNECT
        if kind == IPV4:
            host = socket.inet_ntoa(self.rfile.read(4))
        else:
            assert kind == NAME
            host = self.rfile.read(self.rfile.read(1)[0]).decode()
        port = int.from_bytes(self.rfile.read(2), "big")
        with socket.create_connection((host, port)) as other:
            self.proxy.connections += 1
            self.wfile.write(bytes([VERSION, GRANTED, 0, IPV4]) + b"\0" * 6)
            back = threading.Thread(target=_copy, args=(other, self.connection), daemon=True)
            back.start()
            _copy(self.connection, other)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
