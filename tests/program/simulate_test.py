#!/usr/bin/env python3
"""`belfry simulate` beside `belfry serve` that is led there by what it prints; sealed texts are opened by the steps of
docs/mobile.md alone: simulate_test.py BELFRY DOCS/mobile.md"""
import base64
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request

BELFRY = sys.argv[1]
TEXT = pathlib.Path(sys.argv[2]).read_text()
LIMIT = 30
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")


def call(url, method, path, body=None):
    request = urllib.request.Request(url + path, method=method, data=json.dumps(body).encode() if body is not None else None,
                                     headers={"Content-Type": "application/json"} if body is not None else {})
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def serve(folder, settings):
    arguments = [x for s in [*settings, "http.listen=127.0.0.1:0", f"store.path={folder}/belfry.db", "push.debounceDelay=100ms"]
                 for x in ("--set", s)]
    process = subprocess.Popen([BELFRY, "serve", *arguments], stderr=subprocess.PIPE, text=True)
    while True:
        line = process.stderr.readline()
        assert line, "belfry serve ended"
        found = re.search(r"listening on (http:\S+)", line)
        if found:
            return process, found.group(1)


def play(url, ready):
    call(url, "PUT", "/v1/persons/ada", {"type": "AGENT", "displayName": "Ada", "email": "ada@example.com"})
    call(url, "PUT", "/v1/persons/vera", {"type": "VISITOR", "displayName": "Vera"})
    call(url, "PUT", "/v1/persons/ada/devices/pixel", {"platform": "ANDROID", "pushToken": "token-1"})
    call(url, "PUT", "/v1/persons/ada/devices/iphone", {"platform": "IOS", "pushToken": "a" * 64})
    call(url, "PUT", "/v1/persons/ada/devices/sealed", {"platform": "IOS", "pushToken": "b" * 64, "encryptionKey": KEY,
                                                        "messageVersion": "ENCRYPTED_SERVICE"})
    call(url, "POST", "/v1/persons/ada/web-push-subscriptions", ready["subscription"])
    call(url, "POST", "/v1/webhooks", {"name": "simulator", "endpoint": ready["webhookUrl"], "events": ["push_notification.new_message"]})
    call(url, "POST", "/v1/events", [
        {"type": "conversation.started", "conversation": "c1", "participants": [
            {"person": "ada", "role": "ASSIGNED_AGENT"}, {"person": "vera", "role": "CONTEXT_PERSON"}]},
        {"type": "message.sent", "conversation": "c1", "message": {"id": "m1", "sender": "vera", "text": "Hello Ada"}}])


def opened(payload, folder):
    """What the documented code makes of a payload."""
    code = next(b for b in re.findall(r"```js\n(.*?)```", TEXT, re.S) if "openPayload" in b)
    file = pathlib.Path(folder) / "open.mjs"
    file.write_text(code + "\nconsole.log(JSON.stringify(openPayload(...process.argv.slice(2))));\n")
    done = subprocess.run(["node", file, payload, KEY, "sealed"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def refuses_what_it_does_not_know():
    for fault, word in (("apple:hang", "apns"), ("apns", "apns"), ("apns:200", "goaway"), ("fcm:hang/0", "number"), ("fcm:42x", "cut")):
        done = subprocess.run([BELFRY, "simulate", "--fault", fault], capture_output=True, text=True, timeout=LIMIT)
        assert done.returncode == 1 and fault in done.stderr and word in done.stderr, (fault, done)


def goes_wrong_as_asked():
    simulator = subprocess.Popen([BELFRY, "simulate", "--json", "--fault", "apns:goaway/2", "--fault", "fcm:429:QUOTA_EXCEEDED"],
                                 stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as folder:
        ready = json.loads(simulator.stdout.readline())
        server, url = serve(folder, ready["settings"])
        try:
            play(url, ready)
            faults, phones = set(), set()
            while faults != {"goaway", "429:QUOTA_EXCEEDED"} or phones != {"a" * 64, "b" * 64}:
                line = json.loads(simulator.stdout.readline())
                if "fault" in line:
                    faults.add(line["fault"])
                elif line["provider"] == "APNS":
                    assert line["status"] == 200, line
                    phones.add(line["token"])
                else:
                    assert line["provider"] != "FCM", line
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(LIMIT)
            server.stderr.close()
    simulator.send_signal(signal.SIGTERM)
    simulator.stdout.close()
    simulator.wait(LIMIT)


def main():
    refuses_what_it_does_not_know()
    goes_wrong_as_asked()
    simulator = subprocess.Popen([BELFRY, "simulate", "--json"], stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as folder:
        ready = json.loads(simulator.stdout.readline())
        server, url = serve(folder, ready["settings"])
        try:
            play(url, ready)
            arrived, sealed = {}, None
            while len(arrived) < 5 or sealed is None:
                line = json.loads(simulator.stdout.readline())
                if line.get("token") == "b" * 64:
                    sealed = line
                else:
                    arrived[line["provider"]] = line
            assert set(arrived) == {"EMAIL", "FCM", "APNS", "WEBHOOK", "WEB_PUSH"}, arrived
            assert arrived["EMAIL"]["to"] == "ada@example.com" and "Hello Ada" in arrived["EMAIL"]["text"], arrived["EMAIL"]
            assert arrived["WEBHOOK"]["body"]["messageText"] == "Hello Ada"
            assert arrived["WEB_PUSH"]["opened"]["v"] == 1 and "Hello" not in json.dumps(arrived["WEB_PUSH"])
            payload = sealed["payload"] if isinstance(sealed["payload"], dict) else json.loads(sealed["payload"])
            assert "Hello" not in json.dumps(payload) and "Vera" not in json.dumps(payload), payload
            assert opened(payload["belfry"]["payload"], folder) == {"title": "Vera", "body": "Hello Ada"}
            assert arrived["APNS"]["status"] == 200 and arrived["FCM"]["status"] == 200, arrived
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(LIMIT)
            server.stderr.close()
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(LIMIT) == 0
    simulator.stdout.close()
    print("all five were told")


main()
