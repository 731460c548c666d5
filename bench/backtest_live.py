"""What a back-test costs live handling: webhook to card, without and with 50,000 tickets being judged beside.

``python -m bench.backtest_live [tickets]`` prints both; the rate is one that leaves a quiet worker half idle.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import path
from bench.backtest import fill
from bench.kit import machine, percentile
from store import embedded, engine
from tests.support import ROOT
from tests.system import System, free_port, until

RATE, ROUNDS, SECONDS = 8, 4, 8  # rounds alternate: without, with; the machine is not the same at all times


def main() -> str:
    """Run it; the report as Markdown."""
    count = next((int(word) for word in sys.argv[1:] if word.isdigit()), 50_000)
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    port = free_port()
    vendors = subprocess.Popen([sys.executable, "-m", "bench.vendors", str(port), str(path.LATENCY_MS)], cwd=ROOT)
    system = System(place / "live", path.settings(f"http://127.0.0.1:{port}"))
    try:
        system.start()
        made = engine.connect(embedded.start(place / "live" / "var"))
        fill(made, count)
        made.dispose()
        path.handled(system, port, path.WARM_UP, RATE)
        alone: list[float] = []
        beside: list[float] = []
        judged = 0
        for _ in range(ROUNDS):
            alone += path.handled(system, port, RATE * SECONDS, RATE).values()
            number = _start(system)
            until(lambda n=number: _told(system, n)["result"]["tickets"] > 0, 60, "the first slice")  # type: ignore[misc]
            before = _told(system, number)["result"]["tickets"]
            beside += path.handled(system, port, RATE * SECONDS, RATE).values()
            judged += _told(system, number)["result"]["tickets"] - before
            until(lambda n=number: _told(system, n)["state"] == "done", 300, "the end of the back-test")  # type: ignore[misc]
        return _report(alone, beside, judged, count)
    finally:
        if system.process is not None:
            system.stop()
        vendors.terminate()


def _start(system: System) -> int:
    draft = (ROOT / "config" / "escalation.yaml").read_text("utf-8").replace("refund: 500", "refund: 100")
    answer = system.api_post("rules/backtest", {"draft": draft, "days": 30})
    answer.raise_for_status()
    return int(answer.json()["backtest"])


def _told(system: System, number: int) -> dict[str, Any]:
    found: dict[str, Any] = system.api(f"rules/backtests/{number}")
    return found


def _report(alone: list[float], beside: list[float], judged: int, count: int) -> str:
    lines = [
        "## Live handling beside a back-test",
        "",
        f"{machine()}; {RATE} escalating events a second, {ROUNDS} rounds of {SECONDS} s each way;"
        f" {judged // ROUNDS:,} of {count:,} stored tickets were judged in each of those rounds.",
        "",
        "| webhook to card | alone | beside | ratio (wanted: at most 1.5) |",
        "|---|---|---|---|",
    ]
    for share in (0.5, 0.9):
        first, second = percentile(alone, share), percentile(beside, share)
        lines.append(f"| p{share * 100:.0f} | {first:.0f} ms | {second:.0f} ms | **{second / first:.2f}** |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(main())
