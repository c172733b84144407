#!/usr/bin/env python3
"""Runs the verifiers of docs/webhooks.md against signatures made here: verifiers_test.py DOCS/webhooks.md"""
import base64
import hashlib
import hmac
import json
import os
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


def lines():
    """The cases as lines of plain words: genuine or not, then secret, id, time stamp and signatures in base64."""
    for secret, headers, good in cases():
        words = [secret, headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]]
        yield " ".join([str(good).lower()] + [base64.b64encode(w.encode()).decode() for w in words])


def run(folder, command):
    """The program checks every line it is given and fails at the first that it judges otherwise."""
    body = base64.b64encode(BODY).decode()
    text = "\n".join([body, *lines()]) + "\n"
    subprocess.run(command, cwd=folder, input=text, text=True, check=True)


def check_java():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "Check.java").write_text(
            "import java.io.*;\n" + block("java", "webhook-signature").replace("final class Webhooks", """
class Check {
  static String text(String s) { return new String(Base64.getDecoder().decode(s), StandardCharsets.UTF_8); }

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    byte[] body = Base64.getDecoder().decode(in.readLine());
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] w = line.split(" ");
      Map<String, String> headers = Map.of("webhook-id", text(w[2]), "webhook-timestamp", text(w[3]),
                                           "webhook-signature", text(w[4]));
      if (Webhooks.genuine(text(w[1]), headers, body) != Boolean.parseBoolean(w[0]))
        throw new IllegalStateException(line);
    }
  }
}

final class Webhooks"""))
        run(folder, ["java", "Check.java"])


def check_go():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "verify.go").write_text(
            block("go", "webhook-signature").replace("package webhooks", "package main"))
        pathlib.Path(folder, "main.go").write_text("""package main

import (
	"bufio"
	"encoding/base64"
	"os"
	"strings"
)

func text(s string) []byte {
	out, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return out
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	body := text(in.Text())
	for in.Scan() {
		w := strings.Split(in.Text(), " ")
		headers := map[string]string{"webhook-id": string(text(w[2])), "webhook-timestamp": string(text(w[3])),
			"webhook-signature": string(text(w[4]))}
		if Genuine(string(text(w[1])), headers, body) != (w[0] == "true") {
			panic(in.Text())
		}
	}
}
""")
        environment = {**os.environ, "GOCACHE": folder + "/cache", "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
        subprocess.run(["go", "build", "-o", "check", "."], cwd=folder, env=environment, check=True)
        run(folder, ["./check"])


check_python()
check_node()
check_java()
check_go()
print("the verifiers of the documentation agree with the signer")
