"""Encrypted connections: the user's own certificate authority is believed, and nobody else without a certificate."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fake_aws import FakeAws


def _certificate(name: str, signer=None, *, authority: bool):
    """A key and its certificate, signed by `signer` or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key, issuer = signer or (key, None)
    now = datetime.now(timezone.utc)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
               .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True))
    if not authority:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return key, builder.sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """The file of a certificate authority, and a server's settings with a certificate of it."""
    folder = tmp_path_factory.mktemp("tls")
    authority = _certificate("authority of the tests", authority=True)
    key, certificate = _certificate("127.0.0.1", authority, authority=False)
    bundle, chain = folder / "authority.pem", folder / "server.pem"
    bundle.write_bytes(authority[1].public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    return bundle, server


def test_a_scan_over_tls_believes_the_authority_of_the_bundle(program, authority, tmp_path) -> None:
    bundle, tls = authority
    with FakeAws(tls=tls) as server:
        run = program.run("scan", "--region", "us-east-1", "--out", tmp_path / "out", endpoint=server.endpoint,
                          AWS_CA_BUNDLE=str(bundle))
        assert run.code == 0, run.explain()
        assert run.report["summary"]["key_inventory_complete"] is True
        assert server.asked("kms:ListKeys")


def test_a_server_without_a_believed_certificate_is_not_spoken_to(program, authority, tmp_path) -> None:
    _, tls = authority
    with FakeAws(tls=tls) as server:
        run = program.run("scan", "--region", "us-east-1", "--out", tmp_path / "out", endpoint=server.endpoint)
        assert run.code == 1, run.explain()
        assert "certificate" in run.stderr.lower(), run.explain()
        assert not server.requests


def test_a_bundle_that_cannot_be_read_is_named(program, tmp_path) -> None:
    missing = tmp_path / "no-such-bundle.pem"
    run = program.run("scan", "--region", "us-east-1", "--out", tmp_path / "out", endpoint="http://127.0.0.1:9",
                      AWS_CA_BUNDLE=str(missing))
    assert run.code == 1, run.explain()
    assert str(missing) in run.stderr and "AWS_CA_BUNDLE" in run.stderr, run.explain()
