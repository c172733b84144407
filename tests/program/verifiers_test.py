#!/usr/bin/env python3
"""Runs the verifiers of docs/webhooks.md against signatures made here: verifiers_test.py DOCS/webhooks.md"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TEXT = pathlib.Path(sys.argv[1]).read_text()
BODY = '{"text": "Gr\u00fc\u00dfe"}'.encode()


def block(language, word):
    """The one block of this language that holds the word."""
    found = [b for b in re.findall(rf"```{language}\n(.*?)```", TEXT, re.S) if word in b]
    assert len(found) == 1, (language, word, len(found))
    return found[0]


def sign(key, stamp):
    signed = f"evt.{stamp}.".encode() + BODY
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def cases():
    """(secret, headers, whether they are genuine)"""
    now = int(time.time())
    raw = bytes(range(32))
    padded = base64.b64encode(raw).decode()
    for secret, key in (("plain", b"plain"), ("whsec_" + padded, raw), ("whsec_" + padded.rstrip("="), raw)):
        good = {"webhook-id": "evt", "webhook-timestamp": str(now), "webhook-signature": sign(key, now)}
        yield secret, good, True
        yield secret, {**good, "webhook-signature": sign(b"old", now) + " " + sign(key, now)}, True
        yield secret, {**good, "webhook-signature": sign(b"wrong", now)}, False
        yield secret, {**good, "webhook-id": "other"}, False
        old = now - 600
        yield secret, {**good, "webhook-timestamp": str(old), "webhook-signature": sign(key, old)}, False


def check_python():
    scope = {}
    exec(block("python", "webhook-signature"), scope)  # pylint: disable=exec-used
    for secret, headers, genuine in cases():
        assert scope["genuine"](secret, headers, BODY) is genuine, (secret, headers)
    platform = {}
    exec(block("python", "X-Unblu-Signature-256"), platform)  # pylint: disable=exec-used
    header = hmac.new(b"s", BODY, hashlib.sha256).hexdigest()
    assert platform["genuine"](b"s", BODY, header) and not platform["genuine"](b"x", BODY, header)


def check_node():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "verify.mjs"
        file.write_text(block("js", "webhook-signature") + """
const cases = JSON.parse(process.argv[2]);
const body = Buffer.from(process.argv[3], "base64");
for (const [secret, headers, good] of cases)
  if (genuine(secret, headers, body) !== good) throw new Error(JSON.stringify([secret, headers]));
""")
        arguments = [json.dumps(list(cases())), base64.b64encode(BODY).decode()]
        subprocess.run(["node", str(file), *arguments], check=True)


check_python()
check_node()
print("the verifiers of the documentation agree with the signer")
