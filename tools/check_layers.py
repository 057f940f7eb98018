#!/usr/bin/env python3
"""Holds the includes of src/ to layers.toml: which folder may use which, and which third-party headers may stand where."""

import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def main() -> int:
    rules = tomllib.loads((ROOT / "layers.toml").read_text())
    layers, headers = rules["layers"], rules["headers"]
    problems = []
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        inside = str(path.relative_to(ROOT / "src"))
        folder = path.relative_to(ROOT / "src").parts[0]
        if folder not in layers:
            problems.append(f"{path.relative_to(ROOT)}: the folder {folder} is not in layers.toml")
            continue
        test = path.stem.endswith(("_test", "_bench")) or path.stem.startswith("testing")
        allowed = {folder, "base", *layers[folder]}
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            own, system = match.groups()
            where = f"{path.relative_to(ROOT)}:{number}"
            if own and "/" in own:
                other = own.split("/")[0]
                if other in layers and other not in allowed and "*" not in allowed and not test:
                    problems.append(f"{where}: {folder} may not include {other} (layers.toml)")
            name = system or own
            for rule in headers:
                if not re.match(rule["pattern"], name) or test:
                    continue
                if folder not in rule["folders"]:
                    problems.append(f"{where}: <{name}> is not for {folder}: {rule['why']}")
                elif rule.get("source_only") and path.suffix == ".h" and inside not in rule.get("internal_headers", []):
                    problems.append(f"{where}: <{name}> belongs in a .cc file: {rule['why']}")
    for problem in problems:
        print(problem)
    print(f"layers: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
