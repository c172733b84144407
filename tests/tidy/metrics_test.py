#!/usr/bin/env python3
"""Every metric is fed somewhere, every alarm is seeded and explained, and the documentation names no others.

metrics_test.py ROOT: one line per contradiction.
"""

import re
import sys
from pathlib import Path

TABLE = "io/telemetry/metric.cpp"


def section(text, start, end):
    return text[text.index(start) + len(start):].split(end, 1)[0]


def contradictions(root):
    ids = re.findall(r"^  (\w+),", section((root / "io/telemetry/metric.hpp").read_text(), "enum class metric", "};"), re.M)
    table = (root / TABLE).read_text()
    named = set(re.findall(r'"(belfry_\w+)"', table))
    fed = "\n".join(p.read_text() for room in ("actors", "io") for p in sorted((root / room).rglob("*.?pp"))
                    if p.name not in ("metric.cpp", "metric.hpp"))
    for i in ids:
        if f"metric::{i}" not in fed:
            yield f"{TABLE}: nothing feeds {i}"

    seeded = set(re.findall(r'"(\w+,\w+)"', section(table, "alarm_reasons{", "};")))
    page = (root / "docs/operating.md").read_text()
    explained = {",".join(m) for m in re.findall(r"^\| `([A-Z_]+)` `(\w+)` \|", page, re.M)}
    for a in sorted(seeded ^ explained):
        yield f"alarm {a}: " + ("not explained in docs/operating.md" if a in seeded else "not seeded with 0")
    for literal in re.findall(r'alarm\("(\w+)", "(\w+)"', fed):
        if ",".join(literal) not in seeded:
            yield f"alarm {','.join(literal)}: raised, but not seeded with 0"

    derived = re.compile(r"_(bucket|sum|count)$")
    for doc in sorted((root / "docs").rglob("*.md")):
        for name in sorted(set(re.findall(r"\bbelfry_[a-z_]+\b", doc.read_text()))):
            if name not in named and derived.sub("", name) not in named and (root / "docs/options.md") != doc:
                yield f"{doc.relative_to(root)}: there is no metric {name}"


if __name__ == "__main__":
    found = list(contradictions(Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)
