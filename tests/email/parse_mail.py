#!/usr/bin/env python3
"""Reads mails from files named on the command line with Python's own parser and prints one JSON object a line: what a
mail program would show, and every defect the parser saw."""
import email
import email.policy
import json
import sys

for name in sys.argv[1:]:
    with open(name, "rb") as file:
        raw = file.read()
    lines = raw.split(b"\r\n")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = {p.get_content_type(): p for p in message.walk() if not p.is_multipart()}

    def content(kind):
        return parts[kind].get_content().replace("\r\n", "\n")

    defects = [str(d) for p in message.walk() for d in p.defects]
    defects += [str(d) for value in message.values() for d in getattr(value, "defects", ())]
    print(json.dumps({
        "type": message.get_content_type(),
        "headers": {k: [str(v) for v in message.get_all(k)] for k in set(message.keys())},
        "to": [[a.display_name, a.addr_spec] for a in message["To"].addresses],
        "from": [[a.display_name, a.addr_spec] for a in message["From"].addresses],
        "text": content("text/plain") if "text/plain" in parts else None,
        "html": content("text/html") if "text/html" in parts else None,
        "longest": max(len(x) for x in lines),
        "bare": raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r"),
        "defects": defects,
    }))
