#!/usr/bin/env python3
"""Holds the sources to the rules of the design: what a room may include, which files are pure, and small habits.

tidy_test.py ROOT: checks first that every rule catches what it forbids, then the tree; one line per violation.
"""

import re
import sys
from pathlib import Path

ROOMS = {"messages": 0, "config": 1, "io": 2, "actors": 3}
LINE_MAX = 120
# Long texts that nobody can break: JSON in tests, sentences of the documentation, lists of sources.
LONG_LINE_MAX = 160
LONG_LINES = re.compile(r"tests/.*|config/options_doc\.cpp|.*CMakeLists\.txt|dev")
FILE_WARN = 600
FILE_MAX = 900

# What actors may take from io: the ports, and codecs that are pure.
ACTORS_FROM_IO = re.compile(
    r"io/(channel|ports|service|subscriptions)\.hpp|io/telemetry/\w+\.hpp"
    r"|io/webhook/(registration|payload|request|channel)\.hpp|io/web_push/message\.hpp")
COMPOSITION_ROOTS = {"actors/engine.cpp", "actors/engine_api.cpp", "actors/inspect.cpp"}
# A channel is known to its own rooms and to engine.cpp; the pause is a rule on channels (SPEC 6).
CHANNEL = re.compile(r"\bchannel_kind::(email|mobile|webhook|web_push)\b")
KNOWS_CHANNELS = ("actors/engine.cpp", "actors/engine_api.cpp", "actors/webhooks/", "actors/decision/pause_machine.cpp",
                  "actors/person/actor_subscriptions.cpp", "io/webhook/", "io/email/",
                  "io/mobile/", "io/fcm/", "io/apns/", "io/web_push/")
# Files directly under actors/ wire rooms together; below it every room has one actor, in the file named after the room
# and, when that grows long, in parts `actor_*`; all other files are pure.
PURE_FORBIDDEN = [
    (re.compile(r'#include\s*[<"]caf/'), "CAF"),
    (re.compile(r'#include\s*<(fstream|iostream|thread|mutex|condition_variable|future|sys/|unistd|curl/|sqlite3)'),
     "I/O or threads"),
    (re.compile(r"\b(system_clock|steady_clock|high_resolution_clock)::now|\bstd::random_device\b|\btime\(nullptr\)"),
     "a clock or dice"),
]
# What actors say to each other is known to all of them, and knows none.
INTERFACES = re.compile(r"actors/interfaces(/\w+)?\.hpp")
ROOM_OF_ACTORS = re.compile(r"belfry/actors/(?!interfaces)")
# An actor's first words: what ends it is told (supervision.hpp).
ACTOR = re.compile(r"^\w+_actor::behavior_type \w+\([^{]*\) \{\n((?:.*\n)*?)^\}", re.M)
HEAVY_IN_HEADERS = re.compile(r"#include\s*[<\"](boost/|nlohmann/(?!json_fwd)|curl/|sqlite3|caf/|spdlog/|prometheus/)")
HEAVY_ALLOWED = ("actors/", "tests/", "benchmarks/", "io/http_server/", "io/http_client/transfer.hpp",
                 "config/values.hpp", "config/structured.hpp", "messages/wire.hpp")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|time\.sleep)\b|[^_\w]sleep\(")
# Where a wait is what is being tested or played, not a means to synchronise.
SLEEP_ALLOWED = ("tests/support/", "tests/tidy/", "tests/crash/crash_child.cpp")
# A loop that asks again and again may pause this long between two questions.
POLL = re.compile(r"sleep_for\((\d{1,2}|100)ms\)")
REASON = re.compile(r"//\s*\w")
MARKER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
INCLUDE = re.compile(r'^\s*#include\s*[<"]([^>"]+)[>"]', re.M)


def room_of(path):
    return path.split("/", 1)[0]


def include_problem(path, included):
    """What is wrong with one include, or nothing."""
    if not included.startswith("belfry/"):
        return None
    target = included[len("belfry/"):]
    mine = room_of(path)
    if mine not in ROOMS:
        return None
    if path.startswith("io/program/"):
        # The program is an embedder: the public header, and the simulator for the demo.
        if target.startswith("actors/"):
            return f"io/program takes <belfry/engine.hpp>, not {target}"
        return None
    theirs = "actors" if target == "engine.hpp" else room_of(target)
    if theirs not in ROOMS:
        return f"{mine} must not include {target}"
    if ROOMS[theirs] > ROOMS[mine]:
        return f"{mine} must not include {target}: includes point messages <- config <- io <- actors"
    if mine == "actors" and theirs == "io" and path not in COMPOSITION_ROOTS and not ACTORS_FROM_IO.fullmatch(target):
        return f"actors take only ports and pure codecs from io, not {target}"
    return None


def is_pure(path):
    parts = path.split("/")
    if parts[0] != "actors" or len(parts) < 3 or parts[1] == "interfaces":
        return False
    stem = Path(path).stem
    return stem != parts[1] and not stem.startswith("actor_")


def unexplained_sleeps(text):
    """A test waits for a condition; one that must let time pass says why, there or a line before."""
    out = []
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        if SLEEP.search(line) and not POLL.search(line) and not REASON.search(line) and not REASON.search(before):
            out.append(f"line {number} sleeps without a reason: wait for a condition with a limit")
        before = line
    return out


def check_source(path, text):
    """All problems of one C++ file."""
    out = []
    for included in INCLUDE.findall(text):
        problem = include_problem(path, included)
        if problem:
            out.append(problem)
        if re.fullmatch(r"caf/(io/)?all\.hpp", included):
            out.append(f"{included} is banned: include what is used")
    if is_pure(path):
        for pattern, what in PURE_FORBIDDEN:
            if pattern.search(text):
                out.append(f"a pure file must not use {what}")
    if path.endswith(".hpp"):
        if not text.startswith("#pragma once\n"):
            out.append("a header begins with #pragma once")
        if HEAVY_IN_HEADERS.search(text) and not path.startswith(HEAVY_ALLOWED):
            out.append("heavy headers belong in .cpp files")
    if room_of(path) in ("actors", "io") and not path.startswith(KNOWS_CHANNELS) and CHANNEL.search(text):
        out.append("names a channel: what is special about one is behind io/channel.hpp")
    if INTERFACES.fullmatch(path) and any(ROOM_OF_ACTORS.match(x) for x in INCLUDE.findall(text)):
        out.append("an interface includes a room")
    if room_of(path) == "actors" and any("supervise(self" not in body for body in ACTOR.findall(text)):
        out.append("an actor without supervise(): nobody hears of its end")
    if re.search(r"caf::infinite\b", text):
        out.append("caf::infinite: a request has a time limit")
    if path.startswith("tests/") and not path.startswith(SLEEP_ALLOWED):
        out += unexplained_sleeps(text)
    return out


def check_text(path, text):
    """What holds for every text file."""
    out = []
    if MARKER.search(text):
        out.append("a leftover marker")
    if path.endswith((".cpp", ".hpp", ".py", ".txt", ".cmake", ".sh")):
        line_max = LONG_LINE_MAX if LONG_LINES.fullmatch(path) else LINE_MAX
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > line_max:
                out.append(f"line {number} has {len(line)} characters, at most {line_max}")
    if path.endswith((".cpp", ".hpp")) and text.count("\n") > FILE_MAX:
        out.append(f"{text.count(chr(10))} lines, at most {FILE_MAX}")
    return out


def sources(root):
    for folder in [*ROOMS, "tests", "benchmarks", "examples", "cmake", "docs", "web", ".ci"]:
        for p in sorted((root / folder).rglob("*")):
            if p.is_file() and "node_modules" not in p.parts:
                yield p
    yield from (root / name for name in ("CMakeLists.txt", "README.md", "CHANGELOG.md", "dev") if (root / name).exists())


def check_tree(root):
    problems = 0
    seen = 0
    for p in sources(root):
        try:
            text = p.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        path = p.relative_to(root).as_posix()
        found = check_text(path, text)
        if path.endswith((".cpp", ".hpp")):
            seen += 1
            found += check_source(path, text)
            if text.count("\n") > FILE_WARN:
                print(f"warning: {path}: {text.count(chr(10))} lines, better below {FILE_WARN}")
        for line in found:
            print(f"{path}: {line}")
        problems += len(found)
    print(f"{seen} source files, {problems} problems")
    return 1 if problems or seen == 0 else 0


def self_test():
    """Each rule must catch the sentence it forbids, and let the allowed one pass."""
    cases = [
        ("messages/x.cpp", '#include "belfry/config/options.hpp"\n', True),
        ("config/x.cpp", '#include "belfry/messages/ids.hpp"\n', False),
        ("io/store/x.cpp", '#include "belfry/actors/node.hpp"\n', True),
        ("io/store/x.cpp", '#include "belfry/engine.hpp"\n', True),
        ("io/program/x.cpp", '#include "belfry/engine.hpp"\n', False),
        ("io/program/x.cpp", '#include "belfry/actors/node.hpp"\n', True),
        ("actors/person/x.cpp", '#include "belfry/io/store/store.hpp"\n', True),
        ("actors/person/x.cpp", '#include "belfry/io/ports.hpp"\n', False),
        ("actors/engine.cpp", '#include "belfry/io/store/store.hpp"\n', False),
        ("actors/person/core.cpp", "auto c = channel_kind::email;\n", True),
        ("io/email/channel.cpp", "auto c = channel_kind::email;\n", False),
        ("actors/person/core.cpp", "#include <caf/send.hpp>\n", True),
        ("actors/person/person.cpp", "#include <caf/send.hpp>\n", False),
        ("actors/person/actor_pause.cpp", "#include <caf/send.hpp>\n", False),
        ("actors/person/core.cpp", "auto x = std::chrono::steady_clock::now();\n", True),
        ("actors/person/person.cpp", '#include "caf/all.hpp"\n', True),
        ("messages/x.hpp", "#include <string>\n", True),
        ("messages/x.hpp", "#pragma once\n#include <nlohmann/(?!json_fwd)json.hpp>\n", True),
        ("actors/shard/shard.cpp", "caf::infinite\n", True),
        ("actors/interfaces/x.hpp", '#pragma once\n#include "belfry/actors/channel/lane.hpp"\n', True),
        ("actors/interfaces/x.hpp", '#pragma once\n#include "belfry/actors/interfaces/shard.hpp"\n', False),
        ("actors/x/x.cpp", "x_actor::behavior_type x(pointer self) {\n  return {};\n}\n", True),
        ("actors/x/x.cpp", "x_actor::behavior_type x(pointer self) {\n  supervise(self, 0, \"x\");\n}\n", False),
        ("tests/x/x_test.cpp", "std::this_thread::sleep_for(1s);\n", True),
        ("tests/x/x_test.cpp", "std::this_thread::sleep_for(1s); // The clock of the wait itself.\n", False),
        ("messages/x.cpp", "// TO" + "DO later\n", True),
        ("messages/x.cpp", "x" * 121 + "\n", True),
        ("messages/x.cpp", "\n" * 901, True),
    ]
    wrong = [c for c in cases if bool(check_source(c[0], c[1]) + check_text(c[0], c[1])) != c[2]]
    for path, text, bad in wrong:
        print(f"{path}: {text[:60]!r} should be {'caught' if bad else 'allowed'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(self_test() or check_tree(Path(sys.argv[1])))
