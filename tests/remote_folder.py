"""The same folder over every remote transport: real servers on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.ftp_server import serve_ftp
from simulator.sftp_server import serve_sftp

USER, SECRET = "mine", "hush-invented/@"
QUOTED = "hush-invented%2F%40"
OLD_SERVER = ("MLSD", "MLST")


@dataclass(frozen=True)
class Remote:
    """``address`` holds the secret; ``options`` are what the connector must be told besides."""

    address: str
    options: Mapping[str, str] = field(default_factory=dict)

    def at(self, port: int) -> str:
        """The same address where nobody listens."""
        scheme, _, rest = self.address.partition("://")
        account, _, place = rest.rpartition("@")
        return f"{scheme}://{account}@127.0.0.1:{port}/{place.partition('/')[2]}"


@contextmanager
def sftp(folder: Path) -> Iterator[Remote]:
    with serve_sftp(folder, USER, SECRET) as server:
        address = f"sftp://{USER}:{QUOTED}@127.0.0.1:{server.port}/"
        yield Remote(address, {"host_key": server.fingerprint})


@contextmanager
def ftp(folder: Path) -> Iterator[Remote]:
    with serve_ftp(folder, USER, SECRET) as server:
        yield Remote(f"ftp://{USER}:{QUOTED}@127.0.0.1:{server.port}/")


@contextmanager
def old_ftp(folder: Path) -> Iterator[Remote]:
    with serve_ftp(folder, USER, SECRET, unknown=OLD_SERVER) as server:
        yield Remote(f"ftp://{USER}:{QUOTED}@127.0.0.1:{server.port}/")


@contextmanager
def ftps(folder: Path) -> Iterator[Remote]:
    certificate = folder.parent / "server.pem"
    write_certificate(certificate)
    with serve_ftp(folder, USER, SECRET, certificate=certificate) as server:
        address = f"ftps://{USER}:{QUOTED}@127.0.0.1:{server.port}/"
        yield Remote(address, {"ca_bundle": str(certificate)})


REMOTES: Mapping[str, Callable[[Path], AbstractContextManager[Remote]]] = {
    "sftp": sftp,
    "ftp": ftp,
    "old_ftp": old_ftp,
    "ftps": ftps,
}


def write_certificate(file: Path) -> None:
    """Key and self-signed certificate for 127.0.0.1, valid for a day, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
