"""Ten moves of a direct call to the server and back, in real browsers."""

import json
import os
import subprocess
import sys

from rows.measure import OUT, ROOT, row


def switch() -> list[dict]:
    result = OUT / "switch.json"
    result.unlink(missing_ok=True)
    subprocess.run(["bash", ROOT / "tests/e2e/run.sh", "switch.spec"], check=True,
                   env={**os.environ, "PARLEY_SWITCHES": "10"}, stdout=sys.stderr)
    figures = json.loads(result.read_text())
    median, detail = figures["median_ms"], f"of two who talked directly, {figures['switches']} switches each way"
    unit = "ms longest gap between shown frames"
    return [row("switch/median", median, unit, bar=250, holds=median <= 250, detail=detail),
            row("switch/max", figures["max_ms"], unit, detail=detail),
            row("switch/to_server/median", figures["to_server"]["median_ms"], unit, detail=detail),
            row("switch/to_direct/median", figures["to_direct"]["median_ms"], unit, detail=detail),
            row("switch/steady", figures["steady"]["median_ms"], unit, detail="without a switch, in the same run"),
            row("switch/without_picture", figures["without_picture"], "tiles", bar=0, holds=figures["without_picture"] == 0)]
