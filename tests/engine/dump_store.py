#!/usr/bin/env python3
"""Writes a store as SQL: dump_store.py STORE.db. What the log of SQLite still holds is in it."""

import sqlite3
import sys


def main():
    db = sqlite3.connect(sys.argv[1])
    for name in ("application_id", "user_version"):
        print(f"PRAGMA {name} = {db.execute(f'PRAGMA {name}').fetchone()[0]};")
    for line in db.iterdump():
        print(line)


main()
