"""Key files as another implementation reads them: PROTOCOL.md, section 2."""
import hashlib
import hmac

import zmq
import zmq.utils.z85


def hkdf(secret, info, salt=b"PNCP/1"):
    """HKDF-SHA256 (RFC 5869) with 32 bytes of output."""
    extracted = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def read_key_file(path):
    with open(path) as file:
        return dict(line.split(" = ", 1) for line in file.read().splitlines() if " = " in line)


def curve_pair(fields):
    """The peer's CURVE secret and public key, as z85."""
    secret = zmq.utils.z85.encode(hkdf(bytes.fromhex(fields["key"]), b"curve"))
    return secret, zmq.curve_public(secret)
