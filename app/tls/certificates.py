"""An authority and a server certificate of a farm, made so that a Pi whose clock stands at 1970 can use them."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.errors import HydrofleetError

# A Pi has no battery: until it hears the time, it may believe that it is this moment. Nothing about a certificate is
# safer for being valid later, so it is valid from there on.
VALID_FROM = datetime(1970, 1, 1, tzinfo=UTC)
LIFE = timedelta(days=3652)
_LONGEST_HOST_NAME = 253


class BadHostName(HydrofleetError):
    """A name that no certificate can be made for."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, both as PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def make_authority(farm: str, *, now: datetime) -> KeyPair:
    """Make the authority of a farm: P-256, ten years, only for signing server certificates of one level."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{farm} farm authority"[:64])])
    usage = _key_usage(signs_certificates=True)
    certificate = (
        _builder(name, name, key.public_key(), until=now + LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def make_server_certificate(authority: KeyPair, names: Sequence[str], *, now: datetime) -> KeyPair:
    """Make a server certificate for host names and addresses under an authority; it ends with the authority.

    Raises
    ------
    BadHostName
        If there is no name, or one is neither a host name nor an address.
    """
    signer = x509.load_pem_x509_certificate(authority.certificate)
    signing_key = load_pem_private_key(authority.key, password=None)
    if not isinstance(signing_key, ec.EllipticCurvePrivateKey):
        raise BadHostName("the authority's key is not of the kind that was made here (P-256)")
    alternatives = [_alternative(name) for name in names]
    if not alternatives:
        raise BadHostName("a server certificate needs at least one name, such as farm.local or 192.168.1.10")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    until = min(now + LIFE, signer.not_valid_after_utc)
    certificate = (
        _builder(name, signer.subject, key.public_key(), until=until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        .sign(signing_key, hashes.SHA256())
    )
    return _pair(certificate, key)


def names_in(certificate: bytes) -> list[str]:
    """List the names and addresses that a certificate is for."""
    found = x509.load_pem_x509_certificate(certificate)
    alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one.value) for one in alternatives]


def ends_at(certificate: bytes) -> datetime:
    """Tell when a certificate ends."""
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def fingerprint(certificate: bytes) -> str:
    """Give the SHA-256 of a certificate as people compare it."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex(":").upper()


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, *, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(until)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    unused = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        decipher_only=False,
        **unused,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    labels = name.removeprefix("*.").split(".")
    is_host = all(label and label.strip("-") == label and label.replace("-", "").isalnum() for label in labels)
    if not is_host or not name.isascii() or len(name) > _LONGEST_HOST_NAME:
        raise BadHostName(f"{name[:80]!r} is neither a host name nor an address; write farm.local or 192.168.1.10")
    return x509.DNSName(name.lower())


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(certificate.public_bytes(Encoding.PEM), private)
