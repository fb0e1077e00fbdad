"""A device and its push service: subscriptions, decryption as a browser does it (RFC 8291), a web server that keeps what is pushed."""
import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import http.server
import secrets
import threading

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296, 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    total = None
    while k:
        total, point, k = add(total, point) if k & 1 else total, add(point, point), k >> 1
    return total


def raw(point):
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def point(raw_bytes):
    return int.from_bytes(raw_bytes[1:33], "big"), int.from_bytes(raw_bytes[33:], "big")


def hkdf(salt, secret, info, n):
    prk = hmac.digest(salt, secret, "sha256")
    return hmac.digest(prk, info + b"\x01", "sha256")[:n]


def open_gcm(key, nonce, sealed):
    """AES-128-GCM, by libcrypto; None if it was changed."""
    lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
    for name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm"):
        getattr(lib, name).restype = ctypes.c_void_p
    c, out, n = ctypes.c_void_p(lib.EVP_CIPHER_CTX_new()), ctypes.create_string_buffer(len(sealed)), ctypes.c_int()
    lib.EVP_DecryptInit_ex(c, ctypes.c_void_p(lib.EVP_aes_128_gcm()), None, key, nonce)
    lib.EVP_DecryptUpdate(c, out, ctypes.byref(n), sealed[:-16], len(sealed) - 16)
    lib.EVP_CIPHER_CTX_ctrl(c, 0x11, 16, sealed[-16:])
    good = lib.EVP_DecryptFinal_ex(c, ctypes.create_string_buffer(16), ctypes.byref(ctypes.c_int()))
    lib.EVP_CIPHER_CTX_free(c)
    return out.raw[:n.value] if good == 1 else None


class Device:
    """Keys of a subscription."""

    def __init__(self):
        self.secret, self.auth = secrets.randbelow(N - 1) + 1, secrets.token_bytes(16)
        self.public = raw(times(self.secret, G))
        self.keys = f"p256dh={b64(self.public)};auth={b64(self.auth)}"

    def decrypt(self, body):
        salt, size, key_len = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        server, sealed = body[21:21 + key_len], body[21 + key_len:]
        assert len(body) <= size == 4096 and key_len == 65
        shared = times(self.secret, point(server))[0].to_bytes(32, "big")
        ikm = hkdf(self.auth, shared, b"WebPush: info\0" + self.public + server, 32)
        text = open_gcm(hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16), hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12), sealed)
        assert text and text[-1] == 2
        return text[:-1].decode()


def verify(key, token):
    """Whether a JWT is signed with ES256 by the public key."""
    signed, signature = token.rpartition(".")[0], unb64(token.rpartition(".")[2])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    digest = int.from_bytes(hashlib.sha256(signed.encode()).digest(), "big")
    w = pow(s, -1, N)
    return add(times(digest * w % N, G), times(r * w % N, point(key)))[0] % N == r


class Service(http.server.ThreadingHTTPServer):
    """Keeps (path, headers, body) of each push; answers 201, or the status that is set for a path."""

    def __init__(self, host="127.0.0.1"):
        super().__init__((host, 0), Handler)
        self.pushes, self.statuses, self.arrived = [], {}, threading.Semaphore(0)
        self.url = f"http://localhost:{self.server_port}"  # by name: addresses in lines are translated (tun.py)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next(self, timeout):
        assert self.arrived.acquire(timeout=timeout), "nothing was pushed"
        return self.pushes.pop(0)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.statuses.get(self.path, 201))
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.pushes.append((self.path, dict(self.headers), body))
        self.server.arrived.release()

    def log_message(self, *_):
        pass
