#!/usr/bin/env python3
"""Runs clang-tidy-19 over the sources of a compilation database, two at a time, remembering what was clean.

A file is checked again when it, one of the project's headers or .clang-tidy changed; so repeated calls are quick.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def digest(paths) -> str:
    sha = hashlib.sha256()
    for path in sorted(paths):
        sha.update(path.read_bytes())
    return sha.hexdigest()


def main() -> int:
    build = pathlib.Path(sys.argv[1])
    database = json.loads((build / "compile_commands.json").read_text())
    files = sorted({pathlib.Path(e["file"]) for e in database})
    files = [f for f in files if (ROOT / "src") in f.parents and not f.stem.endswith(("_test", "_bench"))]
    headers = digest([*(ROOT / "src").rglob("*.h"), ROOT / ".clang-tidy", *(ROOT / "src").rglob(".clang-tidy")])
    stamps = build / "tidy-clean"
    stamps.mkdir(parents=True, exist_ok=True)

    def check(path: pathlib.Path):
        stamp = stamps / hashlib.sha256((headers + digest([path])).encode()).hexdigest()
        if stamp.exists():
            return None
        run = subprocess.run(
            ["clang-tidy-19", "-p", str(build), "--quiet", str(path)], capture_output=True, text=True, check=False)
        if run.returncode == 0 and "warning:" not in run.stdout:
            stamp.touch()
            return None
        return run.stdout + (run.stderr if run.returncode else "")

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        failed = [out for out in pool.map(check, files) if out]
    for out in failed:
        print(out)
    print(f"clang-tidy: {len(files)} files, {len(failed)} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
