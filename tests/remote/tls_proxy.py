"""A proxy that answers for every https host by itself, so that a test meets the real names of stores and no network."""

import pathlib
import shutil
import socket
import ssl
import subprocess

from scripted_server import Server


def make_certificate(folder, names, addresses=()):
    """(context, path of the certificate that vouches for it); None without an openssl command."""
    if shutil.which("openssl") is None:
        return None
    key, certificate = pathlib.Path(folder, "hosts.key"), pathlib.Path(folder, "hosts.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, "-subj", "/CN=tests",
                    "-addext", "subjectAltName=" + ",".join([f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses])], check=True, capture_output=True)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


class TlsProxy(Server):
    """Takes CONNECT and answers by its script; `request.fields["host"]` tells which host was meant."""

    def __init__(self, script, files, context):
        self.context = context
        super().__init__(script, files)

    def _serve(self, connection):
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(4096)
                if not part:
                    return
                head += part
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.context.wrap_socket(connection, server_side=True) as inner, inner.makefile("rb") as reader:
                while self._one(inner, reader):
                    pass
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()
