"""What RFC 6455 asks of a server, as a table: name -> steps.

A step is bytes, which are sent, or a frame (opcode, payload) that must come next of its kind. What stands for an echo is the PING of
IRC: `say("x")` sends a message of that line, `hear("x")` is the answer to it. A case that does not end with a close frame ends with
the check that the connection still works.
"""
from web import BINARY, CLOSE, PING, PONG, TEXT, frame

CONTINUATION = 0
FRAME_MAX = 16384  # WS_FRAME_MAX: docs/web.md
UNICODE = "\N{GREEK SMALL LETTER KAPPA}\u1f79\u20ac\U0001f600\U0010ffff"


def line(token):
    return b"PING :" + (token.encode() if isinstance(token, str) else token)


def say(token, opcode=TEXT):
    return frame(line(token), opcode)


def hear(token):
    return TEXT, token.encode() if isinstance(token, str) else token


def close(code=None, reason=b""):
    """The payload of a close frame."""
    return b"" if code is None else code.to_bytes(2, "big") + reason


def closed(code=None, reason=b""):
    return CLOSE, close(code, reason)


def raw(head, length, payload=b"", mask=b"\1\2\3\4"):
    """A frame with a head and a length (its bytes) of one's choice."""
    masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload)) if mask else payload
    return bytes([head, (0x80 if mask else 0) | length[0]]) + length[1:] + (mask or b"") + masked


def chop(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


def fragments(parts, opcode=TEXT):
    """A message of frames."""
    return [frame(p, opcode if i == 0 else CONTINUATION, i == len(parts) - 1) for i, p in enumerate(parts)]


def message(length):
    """A message of so many bytes, and the answers to its lines."""
    tokens, left = [], length
    while left:
        part = left if left <= 400 else 300
        tokens.append(f"{len(tokens):03}".ljust(part - 6 - (2 if left > part else 0), "x"))
        left -= part
    data = b"\r\n".join(line(t) for t in tokens)
    assert len(data) == length
    return data, [hear(t) for t in tokens]


def framing():
    yield "a message of 0 bytes is no line", [frame(b"")]
    yield "a binary message of 0 bytes is no line", [frame(b"", BINARY)]
    yield "a message of fragments without a byte is no line", fragments([b"", b"", b""])
    for n in (10, 124, 125, 126, 127, 128, 129, 255, 256, 257, 4095, 4096, 4097, FRAME_MAX - 1, FRAME_MAX):
        data, answers = message(n)
        for name, opcode in (("text", TEXT), ("binary", BINARY)):
            yield f"{name} of {n} bytes", [frame(data, opcode), *answers]
        for size in (1, 7, 997):
            if size < n:
                yield f"text of {n} bytes in chops of {size}", [*chop(frame(data), size), *answers]
    for n in (FRAME_MAX + 1, 65535, 65536, 1 << 20, (1 << 63) - 1):
        length = b"\x7e" + n.to_bytes(2, "big") if n < 65536 else b"\x7f" + n.to_bytes(8, "big")
        yield f"a frame of {n} bytes is too long, known from its first byte", [raw(0x81, length, b"x"), closed(1009)]
    yield "a length with the highest bit set", [raw(0x81, b"\x7f" + bytes([0x80]) + bytes(7)), closed(1002)]
    yield "a length of 125 in two bytes, where one is enough", [raw(0x81, b"\x7e\x00\x7d", bytes(125)), closed(1002)]
    yield "a length of 65535 in eight bytes, where two are enough", [raw(0x81, b"\x7f" + bytes(6) + b"\xff\xff"), closed(1002)]
    yield "a frame without a mask", [raw(0x81, b"\x06", line("x"), mask=None), closed(1002)]
    yield "a ping without a mask", [raw(0x89, b"\x01", b"x", mask=None), closed(1002)]
    yield "a close frame without a mask", [raw(0x88, b"\x02", close(1000), mask=None), closed(1002)]
    yield "a mask of zeros", [raw(0x81, b"\x07", line("x"), mask=bytes(4)), hear("x")]
    yield "a mask of ones", [raw(0x81, b"\x07", line("x"), mask=b"\xff" * 4), hear("x")]
    yield "two messages in one segment", [say("one") + say("two"), hear("one"), hear("two")]
    both = say("one") + say("two")
    yield "a frame's end and the next one's beginning in one segment", [both[:5], both[5:16], both[16:], hear("one"), hear("two")]
    data = frame(line("x" * 300))
    yield "each byte of a head alone", [*chop(data[:8], 1), data[8:], hear("x" * 300)]


def pings():
    for n in (0, 1, 124, 125):
        yield f"a ping of {n} bytes", [frame(b"p" * n, PING), (PONG, b"p" * n)]
    yield "a ping of bytes that are no text", [frame(b"\x00\xff\xfe\xfd\xfc\xfb", PING), (PONG, b"\x00\xff\xfe\xfd\xfc\xfb")]
    yield "a ping of 125 bytes in chops of 1", [*chop(frame(b"p" * 125, PING), 1), (PONG, b"p" * 125)]
    yield "a ping of 126 bytes", [frame(b"p" * 126, PING), closed(1002)]
    yield "a pong of 126 bytes", [frame(b"p" * 126, PONG), closed(1002)]
    yield "a pong that nobody asked for", [frame(b"", PONG), frame(b"unasked", PONG)]
    yield "a pong, then a ping", [frame(b"unasked", PONG), frame(b"p", PING), (PONG, b"p")]
    for name, size in (("one segment", 1 << 20), ("chops of 1", 1)):
        yield f"ten pings in {name}", [*chop(b"".join(frame(b"p%d" % i, PING) for i in range(10)), size),
                                      *[(PONG, b"p%d" % i) for i in range(10)]]
    yield "a ping in fragments", [frame(b"p", PING, fin=False), closed(1002)]
    yield "a pong in fragments", [frame(b"p", PONG, fin=False), closed(1002)]


def reserved():
    for bits in range(1, 8):
        head = bits << 4
        for name, opcode, payload in (("text", TEXT, line("x")), ("a ping", PING, b"p"), ("a close frame", CLOSE, close(1000))):
            yield f"reserved bits {bits:03b} in {name}", [bytes([0x80 | head | opcode]) + frame(payload)[1:], closed(1002)]
    yield "a reserved bit in a later fragment", [frame(line("a"), fin=False), b"\xc0" + frame(b"b", CONTINUATION)[1:], closed(1002)]
    yield "a reserved bit after a good message", [say("good"), hear("good"), b"\xc1" + say("bad")[1:], closed(1002)]
    for opcode in (*range(3, 8), *range(11, 16)):
        yield f"opcode {opcode} without a payload", [frame(b"", opcode), closed(1002)]
        yield f"opcode {opcode}", [frame(line("x"), opcode), closed(1002)]
        yield f"opcode {opcode} after a good message", [say("good"), hear("good"), frame(b"x", opcode), closed(1002)]
        yield f"opcode {opcode} between fragments", [frame(b"PING :", fin=False), frame(b"x", opcode), closed(1002)]


def fragmentation():
    whole = line("fragments")
    for opcode in (TEXT, BINARY):
        kind = "text" if opcode == TEXT else "binary"
        yield f"{kind} in two fragments", [*fragments([whole[:8], whole[8:]], opcode), hear("fragments")]
        yield f"{kind} in fragments of one byte", [*fragments(chop(whole, 1), opcode), hear("fragments")]
        yield f"{kind} in fragments, in chops of 1", [*chop(b"".join(fragments(chop(whole, 4), opcode)), 1), hear("fragments")]
        yield f"{kind} with empty fragments around", [*fragments([b"", whole, b""], opcode), hear("fragments")]
        yield f"{kind} that continues without having begun", [frame(whole, CONTINUATION), closed(1002)]
        yield f"{kind} inside of a text", [frame(b"PING ", fin=False), frame(whole, opcode), closed(1002)]
        yield f"{kind} inside of a binary message", [frame(b"PING ", BINARY, fin=False), frame(whole, opcode), closed(1002)]
        yield f"{kind} in fragments inside of a text", [frame(b"PING ", fin=False), frame(b"x", opcode, fin=False), closed(1002)]
        yield f"{kind} that continues after its end", [*fragments([whole[:8], whole[8:]], opcode), hear("fragments"), frame(b"x", CONTINUATION),
                                                     closed(1002)]
    yield "a continuation first, not the last", [frame(b"x", CONTINUATION, fin=False), closed(1002)]
    yield "a ping between two fragments", [frame(whole[:8], fin=False), frame(b"p", PING), (PONG, b"p"), frame(whole[8:], CONTINUATION),
                                           hear("fragments")]
    yield "a pong between two fragments", [frame(whole[:8], fin=False), frame(b"p", PONG), frame(whole[8:], CONTINUATION), hear("fragments")]
    between = [x for i, f in enumerate(fragments(chop(whole, 1))) for x in ((frame(b"%d" % i, PING), f) if i else (f,))]
    pongs = [(PONG, b"%d" % i) for i in range(1, len(whole))]
    yield "a ping between each two fragments", [*between, *pongs, hear("fragments")]
    yield "a ping between each two fragments, one segment", [b"".join(between), *pongs, hear("fragments")]
    yield "a ping between each two fragments, in chops of 1", [*chop(b"".join(between), 1), *pongs, hear("fragments")]
    yield "a close frame between two fragments", [frame(whole[:8], fin=False), frame(close(1000), CLOSE), closed(1000)]
    yield "a message after one in fragments", [*fragments([whole[:8], whole[8:]]), say("next"), hear("fragments"), hear("next")]
    yield "a line split over messages is two lines", [frame(b"PING :one"), frame(b"PING :two"), hear("one"), hear("two")]


VALID = {
    "two, three and four bytes": UNICODE, "U+007F": "\x7f", "U+0080": "\x80", "U+07FF": "\u07ff", "U+0800": "\u0800",
    "U+D7FF, before the surrogates": "\ud7ff", "U+E000, behind them": "\ue000", "U+FFFD": "\ufffd", "U+FEFF": "\ufeff",
    "U+FFFE, no character": "\ufffe", "U+FFFF, no character": "\uffff", "U+FDD0, no character": "\ufdd0", "U+10000": "\U00010000",
    "U+1FFFF, no character": "\U0001ffff", "U+FFFFF": "\U000fffff", "U+10FFFF, the last": "\U0010ffff",
}
INVALID = {
    "a continuation byte alone": "80", "the last continuation byte alone": "bf", "six continuation bytes": "8080 80bf bfbf",
    "a start of two bytes alone": "c2", "a start of three bytes alone": "e1", "a start of four bytes alone": "f1",
    "two of three bytes": "e1 80", "two of four bytes": "f1 80", "three of four bytes": "f1 80 80",
    "a start, then a start": "c2 c2 80", "three bytes with a letter in the middle": "e2 41 ac", "four bytes with a letter at the end": "f0 9f 98 41",
    "one continuation byte too many": "c2 80 80", "/ in two bytes": "c0 af", "/ in three bytes": "e0 80 af", "/ in four bytes": "f0 80 80 af",
    "/ in five bytes": "f8 80 80 80 af", "/ in six bytes": "fc 80 80 80 80 af", "NUL in two bytes": "c0 80", "U+007F in two bytes": "c1 bf",
    "U+07FF in three bytes": "e0 9f bf", "U+FFFF in four bytes": "f0 8f bf bf", "U+D800": "ed a0 80", "U+DBFF": "ed af bf", "U+DC00": "ed b0 80",
    "U+DFFF": "ed bf bf", "a pair of surrogates": "ed a0 bd ed b8 80", "U+110000": "f4 90 80 80", "U+13FFFF": "f4 bf bf bf", "U+140000": "f5 80 80 80",
    "U+1FFFFF": "f7 bf bf bf", "five bytes": "f8 88 80 80 80", "six bytes": "fc 84 80 80 80 80", "FE": "fe", "FF": "ff", "FE FE FF FF": "fe fe ff ff",
}
UNFINISHED = ("c2", "e1", "e1 80", "f1", "f1 80", "f1 80 80")  # valid so far


def utf8():
    for name, text in VALID.items():
        data = line(text)
        yield f"{name}", [frame(data), hear(text)]
        yield f"{name}, in fragments of one byte", [*fragments(chop(data, 1)), hear(text)]
        yield f"{name}, in chops of 1", [*chop(frame(data), 1), hear(text)]
    yield "a code point split over fragments, with a ping inside", [frame(b"PING :\xe2\x82", fin=False), frame(b"\xc3", PING), (PONG, b"\xc3"),
                                                                    frame(b"\xac", CONTINUATION), hear("\u20ac")]
    for name, text in INVALID.items():
        bad = bytes.fromhex(text)
        yield f"not UTF-8: {name}", [frame(b"PING :a" + bad + b"z"), closed(1007)]
        yield f"not UTF-8: {name}, in fragments of one byte", [*fragments(chop(b"PING :a" + bad + b"z", 1)), closed(1007)]
        yield f"not UTF-8: {name}, in chops of 1", [*chop(frame(b"PING :a" + bad + b"z"), 1), closed(1007)]
    for text in UNFINISHED:
        bad = bytes.fromhex(text)
        yield f"a message ends after {text}", [frame(b"PING :" + bad), closed(1007)]
        yield f"a message of fragments ends after {text}", [*fragments([b"PING :" + bad, b""]), closed(1007)]
    for text in ("ff", "c0", "f5", "ed a0", "e0 80", "f0 80", "f4 90"):
        bad = bytes.fromhex(text)
        yield f"{text} fails at once, though the message goes on", [frame(b"PING :" + bad, fin=False), closed(1007)]
        yield f"{text} fails at once, though the frame goes on", [frame(b"PING :" + bad + b"x" * 100)[:6 + 6 + len(bad)], closed(1007)]
    yield "what is not UTF-8 may be in a binary message", [frame(b"PING :caf\xe9", BINARY)]
    yield "a good message before a bad one is answered", [say("good"), hear("good"), frame(b"PING :\xff"), closed(1007)]


def closing():
    yield "a close frame without a payload", [frame(b"", CLOSE), closed()]
    yield "a close frame of 1 byte", [frame(b"\x03", CLOSE), closed(1002)]
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        yield f"code {code}", [frame(close(code), CLOSE), closed(code)]
        yield f"code {code} with a reason", [frame(close(code, b"because"), CLOSE), closed(code, b"because")]
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65535):
        yield f"code {code} is none that may be sent", [frame(close(code), CLOSE), closed(1002)]
        yield f"code {code} with a reason is none that may be sent", [frame(close(code, b"because"), CLOSE), closed(1002)]
    yield "a reason of 123 bytes", [frame(close(1000, b"r" * 123), CLOSE), closed(1000, b"r" * 123)]
    yield "a reason of 124 bytes", [frame(close(1000, b"r" * 124), CLOSE), closed(1002)]
    yield "a reason in UTF-8", [frame(close(1000, UNICODE.encode()), CLOSE), closed(1000, UNICODE.encode())]
    for text in ("ff", "c0 af", "ed a0 80", "e2 82"):
        yield f"a reason that is not UTF-8: {text}", [frame(close(1000, bytes.fromhex(text)), CLOSE), closed(1007)]
    yield "a close frame in fragments", [frame(close(1000), CLOSE, fin=False), closed(1002)]
    yield "a close frame in chops of 1", [*chop(frame(close(1000, b"bye"), CLOSE), 1), closed(1000, b"bye")]
    for name, after in (("text", say("late")), ("a ping", frame(b"late", PING)), ("a second close frame", frame(close(1001), CLOSE)),
                        ("nonsense", b"\xff" * 20)):
        yield f"{name} after the close frame is not answered", [frame(close(1000), CLOSE) + after, closed(1000)]
    yield "a close frame behind a message that was answered", [say("last"), hear("last"), frame(close(1000), CLOSE), closed(1000)]
    yield "a close frame behind a ping in one segment, which then needs no answer", [frame(b"p", PING) + frame(close(1000), CLOSE), closed(1000)]


def sizes():
    data, answers = message(4 * FRAME_MAX)
    yield "a message of 65536 bytes in four frames of the longest", [*fragments(chop(data, FRAME_MAX)), *answers]
    for size in (64, 256, 1024, 4096):
        yield f"a message of 65536 bytes in frames of {size}", [b"".join(fragments(chop(data, size))), *answers]
    data, answers = message(FRAME_MAX)
    yield "a message of 16384 frames of one byte, one segment", [b"".join(fragments(chop(data, 1))), *answers]
    yield "a message of 16384 frames of one byte, in chops of 64", [*chop(b"".join(fragments(chop(data, 1))), 64), *answers]
    yield "10000 empty frames of a message", [b"".join(fragments([line("x")] + [b""] * 10000)), hear("x")]
    for count, size in ((1000, 7), (1000, 64), (1000, 300), (200, 400)):
        tokens = [f"{i:x}"[-1] if size == 7 else str(i).ljust(size - 6, "x") for i in range(count)]
        yield f"{count} messages of {size} bytes, one segment", [b"".join(say(t) for t in tokens), *[hear(t) for t in tokens]]
        yield f"{count} messages of {size} bytes, one after the other", [x for t in tokens[:200] for x in (say(t), hear(t))]
    yield "1000 pings of 125 bytes", [b"".join(frame(b"p" * 125, PING) for _ in range(1000)), *[(PONG, b"p" * 125)] * 1000]
    yield "a line of a whole frame is refused, and the connection stays", [frame(b"PING :" + b"x" * (FRAME_MAX - 6)), (TEXT, b"417")]


GROUPS = (framing, pings, reserved, fragmentation, utf8, closing, sizes)
