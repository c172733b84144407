#!/usr/bin/env python3
"""Mail through a real Postfix, started here on loopback with STARTTLS, sign-in, greylisting and mailboxes that are read back:
postfix_test.py BELFRY. Needs root, as Postfix does."""
import email
import email.policy
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

BELFRY = sys.argv[1]
LIMIT = 30

GREYLIST = """#!/usr/bin/env python3
import sys
fields = {}
for line in sys.stdin:
    line = line.strip()
    if line:
        key, _, value = line.partition("=")
        fields[key] = value
        continue
    grey = fields.get("recipient", "").startswith("grey")
    print("action=" + ("DEFER_IF_PERMIT 4.2.0 Greylisted, try again later" if grey else "DUNNO") + "\\n", flush=True)
    fields = {}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(what, wanted, limit=LIMIT):
    end = time.monotonic() + limit
    while True:
        found = wanted()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {limit} s"
        # Asked again and again, within the limit.
        time.sleep(0.05)


class Postfix:
    """A Postfix of its own: everybody of example.test but nobody@ has a mailbox."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.config, self.boxes = folder / "etc", folder / "boxes"
        for path in (self.config, folder / "queue", folder / "data", self.boxes):
            path.mkdir()
        owner = pwd.getpwnam("postfix")
        os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
        os.chown(self.boxes, owner.pw_uid, owner.pw_gid)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.config / "key.pem", "-out",
                        self.config / "cert.pem"], check=True, capture_output=True)
        greylist = folder / "greylist.py"
        greylist.write_text(GREYLIST)
        greylist.chmod(0o755)
        self._sign_in()
        self._configure(owner, greylist)

    def _sign_in(self):
        database = self.config / "sasldb2"
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u", "localhost", "belfry"], input=b"s3cret", check=True)
        os.chmod(database, 0o644)
        (self.config / "sasl").mkdir()
        (self.config / "sasl" / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {database}\n")

    def _configure(self, owner, greylist):
        (self.config / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
mail_owner = postfix
myhostname = localhost
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
maillog_file = /var/log/belfry-postfix-{os.getpid()}.log
virtual_mailbox_domains = example.test
virtual_mailbox_base = {self.boxes}
virtual_mailbox_maps = regexp:{self.config}/boxes
virtual_uid_maps = static:{owner.pw_uid}
virtual_gid_maps = static:{owner.pw_gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {self.config}/cert.pem
smtpd_tls_key_file = {self.config}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain = localhost
cyrus_sasl_config_path = {self.config}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, check_policy_service unix:private/greylist, permit
""")
        (self.config / "boxes").write_text("!/^nobody@/ box/\n")
        (self.config / "master.cf").write_text(f"""
127.0.0.1:{self.port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
greylist unix - n n - 0 spawn user=nobody argv={greylist}
""")

    def start(self):
        subprocess.run(["postfix", "-c", self.config, "start"], check=True, capture_output=True)
        eventually("Postfix listens", self._listens)

    def stop(self):
        subprocess.run(["postfix", "-c", self.config, "stop"], check=False, capture_output=True)
        log = pathlib.Path(f"/var/log/belfry-postfix-{os.getpid()}.log")
        text = log.read_text() if log.exists() else ""
        log.unlink(missing_ok=True)
        return text

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def mails(self):
        """Oldest first."""
        box = self.boxes / "box" / "new"
        files = sorted(box.glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]


class Belfry:
    def __init__(self, folder, postfix, **more):
        options = {
            "http.listen": "127.0.0.1:0", "store.path": folder / "belfry.db", "push.debounceDelay": "100ms",
            "outbound.caFile": postfix.config / "cert.pem", "email.enabled": "true",
            "email.from": "Bank Chat <chat@bank.test>", "email.smtp.host": "localhost", "email.smtp.port": postfix.port,
            "email.smtp.tls": "starttls", "email.smtp.user": "belfry", "email.smtp.password": "s3cret",
            "http.publicUrl": "https://push.bank.test", **more}
        arguments = [x for key, value in options.items() for x in ("--set", f"{key}={value}")]
        self.process = subprocess.Popen([BELFRY, "serve", *arguments], stderr=subprocess.PIPE, text=True)
        self.url = None
        while self.url is None:
            line = self.process.stderr.readline()
            assert line, "belfry ended"
            found = re.search(r"listening on (http:\S+)", line)
            self.url = found and found.group(1)

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Content-Type": "application/json"} if body is not None else {})
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def has_mailbox(self, person, address):
        self.call("PUT", f"/v1/persons/{person}", {"type": "VISITOR", "displayName": person.title(), "email": address})

    def say(self, conversation, message, text):
        return self.call("POST", "/v1/events", {"type": "message.sent", "conversation": conversation,
                                                "message": {"id": message, "sender": "anna", "text": text}})

    def start(self, conversation, person):
        self.call("POST", "/v1/events", {"type": "conversation.started", "conversation": conversation, "topic": "Ihr Konto",
                                         "participants": [{"person": "anna", "role": "ASSIGNED_AGENT"},
                                                          {"person": person, "role": "CONTEXT_PERSON"}]})

    def delivery(self, person, state):
        def found():
            items = self.call("GET", f"/v1/notifications?person={person}&kind=new_message")["items"]
            return [d for i in items for d in i["deliveries"] if d["state"] == state]
        return eventually(f"{state} for {person}", found)[0]

    def metric(self, line):
        request = urllib.request.urlopen(self.url + "/metrics", timeout=LIMIT)
        text = request.read().decode()
        return next((float(x.rsplit(" ", 1)[1]) for x in text.splitlines() if x.startswith(line)), 0.0)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LIMIT)
        self.process.stderr.close()


def goes_through(belfry, postfix):
    belfry.call("PUT", "/v1/persons/anna", {"type": "AGENT", "displayName": "Änna \u2014 Müller"})
    belfry.has_mailbox("ben", "ben@example.test")
    belfry.start("c1", "ben")
    belfry.say("c1", "m1", "Grüezi <b>Ben</b>\n.\nBcc: evil@example.test")
    delivery = belfry.delivery("ben", "ACCEPTED")
    assert delivery["attempts"][0]["status"] == 250, delivery
    mail = eventually("the mail is in its box", postfix.mails)[0]
    assert mail["to"].addresses[0].addr_spec == "ben@example.test", mail["to"]
    assert mail["from"].addresses[0].addr_spec == "chat@bank.test" and mail["auto-submitted"] == "auto-generated"
    assert mail["message-id"] and mail["bcc"] is None and "List-Unsubscribe" in mail
    received = mail["received"]
    assert "with ESMTPSA" in received, received
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert "Grüezi <b>Ben</b>" in text and "&lt;b&gt;Ben&lt;/b&gt;" in html, (text, html)
    return mail


def keeps_threads_and_connections(belfry, postfix, first):
    belfry.say("c1", "m2", "Noch etwas")
    second = eventually("the second mail", lambda: postfix.mails()[1:])[0]
    assert first["references"] == second["references"] == second["in-reply-to"], (first["references"], second["references"])
    assert second["message-id"] != first["message-id"]


def waits_when_greylisted(belfry, postfix):
    before = len(postfix.mails())
    belfry.has_mailbox("gerd", "grey@example.test")
    belfry.start("c2", "gerd")
    belfry.say("c2", "g1", "hello")
    delivery = belfry.delivery("gerd", "RETRYING")
    assert delivery["attempts"][0]["status"] == 450, delivery
    belfry.say("c1", "m3", "others go on")
    eventually("another mail", lambda: len(postfix.mails()) == before + 1)


def leaves_unknown_mailboxes_alone(belfry):
    belfry.has_mailbox("nora", "nobody@example.test")
    belfry.start("c3", "nora")
    belfry.say("c3", "n1", "hello")
    delivery = belfry.delivery("nora", "ADDRESS_GONE")
    assert delivery["attempts"][0]["status"] == 550 and delivery["attempts"][0]["answer"] == "5.1.1", delivery
    assert belfry.call("GET", "/v1/persons/nora/email-suppression")["reason"] == "5.1.1"


def survives_a_restart_of_the_server(belfry, postfix):
    before = len(postfix.mails())
    postfix.stop()
    postfix.start()
    belfry.say("c1", "m4", "after the restart")
    eventually("the mail after the restart", lambda: len(postfix.mails()) == before + 1)


def tells_of_a_refused_sign_in(folder, postfix):
    belfry = Belfry(folder, postfix, **{"store.path": folder / "other.db", "email.smtp.password": "wrong"})
    try:
        belfry.has_mailbox("ben", "ben@example.test")
        belfry.start("c1", "ben")
        belfry.say("c1", "m1", "hello")
        line = 'belfry_alarms_total{channel="EMAIL",reason="credentials_refused"}'
        eventually("the alarm", lambda: belfry.metric(line) >= 1)
    finally:
        belfry.stop()


def refuses_a_certificate_that_nobody_vouches_for(folder, postfix):
    before = len(postfix.mails())
    belfry = Belfry(folder, postfix, **{"store.path": folder / "third.db", "outbound.caFile": ""})
    try:
        belfry.has_mailbox("ben", "ben@example.test")
        belfry.start("c1", "ben")
        belfry.say("c1", "m1", "hello")
        assert belfry.delivery("ben", "RETRYING")["attempts"][0]["answer"] == "tls_failed"
        assert len(postfix.mails()) == before
    finally:
        belfry.stop()


def main():
    if os.geteuid() != 0:
        print("skipped: Postfix needs root")
        sys.exit(77)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-postfix-"))
    folder.chmod(0o755)
    postfix = Postfix(folder)
    log = ""
    try:
        postfix.start()
        belfry = Belfry(folder, postfix)
        try:
            first = goes_through(belfry, postfix)
            keeps_threads_and_connections(belfry, postfix, first)
            waits_when_greylisted(belfry, postfix)
            leaves_unknown_mailboxes_alone(belfry)
            survives_a_restart_of_the_server(belfry, postfix)
        finally:
            belfry.stop()
        tells_of_a_refused_sign_in(folder, postfix)
        refuses_a_certificate_that_nobody_vouches_for(folder, postfix)
    except BaseException:
        log = postfix.stop()
        print(log[-6000:], file=sys.stderr)
        raise
    finally:
        postfix.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("mail went through Postfix")


main()
