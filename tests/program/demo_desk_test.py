"""The demo beside a browser: opens the Agent Desk at a terminal with a screen, and takes real browsers: demo_desk_test.py BELFRY"""
import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request

LIMIT = 20


def read_until(fd, pattern):
    """What comes from `fd` until it matches."""
    text = ""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        text += os.read(fd, 4096).decode(errors="replace")
        found = re.search(pattern, text)
        if found:
            return found
    raise AssertionError(f"{pattern} did not come: {text}")


def run_demo(program, environment, at_terminal, look):
    """Runs the demo with its output at a terminal or in a pipe; `look` gets the desk's address."""
    reader, writer = pty.openpty() if at_terminal else os.pipe()
    demo = subprocess.Popen([program, "demo", "--listen", "127.0.0.1:0"], stdout=writer, env=environment)
    os.close(writer)
    try:
        look(read_until(reader, r"Agent Desk for your own browser \(sign in as ada\): (http://\S+/desk/)").group(1))
        read_until(reader, r"Ctrl-C ends it")
    finally:
        demo.send_signal(signal.SIGINT)
        try:
            while os.read(reader, 4096):
                pass
        except OSError:
            pass  # the end of a terminal
        assert demo.wait(LIMIT) == 0, demo.returncode
        os.close(reader)


def subscribe(desk, endpoint):
    """As the page does it."""
    body = {
        "endpoint": endpoint,
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
        "desk": "AGENT_DESK",
        "installId": endpoint,
    }
    # The demo tells its story to others: nothing is pushed there.
    base = desk.removesuffix("/desk/") + "/v1/persons/zoe"
    for method, path, what in ("PUT", "", {"type": "AGENT"}), ("POST", "/web-push-subscriptions", body):
        request = urllib.request.Request(base + path, json.dumps(what).encode(), {"Content-Type": "application/json"},
                                         method=method)
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            assert answer.status in (200, 201), answer.status


def takes_real_browsers(desk):
    for host in ("fcm.googleapis.com", "updates.push.services.mozilla.com", "wns2-db5p.notify.windows.com",
                 "web.push.apple.com"):
        subscribe(desk, f"https://{host}/push/1")


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        opened = os.path.join(folder, "opened")
        os.mkfifo(opened)
        opener = os.path.join(folder, "xdg-open")
        with open(opener, "w", encoding="ascii") as script:
            script.write(f'#!/bin/sh\necho "$@" >>{opened}\n')
        os.chmod(opener, stat.S_IRWXU)
        environment = {**os.environ, "PATH": folder + ":" + os.environ["PATH"], "TMPDIR": folder, "DISPLAY": ":9"}
        calls = os.open(opened, os.O_RDWR | os.O_NONBLOCK)

        def shown():
            try:
                return os.read(calls, 4096).decode().split()
            except BlockingIOError:
                return []

        def opens_the_desk(desk):
            os.set_blocking(calls, True)
            assert shown() == [desk]
            os.set_blocking(calls, False)

        run_demo(program, environment, True, opens_the_desk)
        run_demo(program, environment, False, takes_real_browsers)
        run_demo(program, {**environment, "DISPLAY": ""}, True, lambda desk: None)
        assert shown() == [], "nothing is opened without a terminal and a screen"


main(sys.argv[1])
