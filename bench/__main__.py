"""Run every measurement and write ``bench/results.md``."""

from __future__ import annotations

from datetime import UTC, datetime

from bench import backtest, backtest_live, context, intake, package, path, routing, rules, signals, timers
from tests.support import ROOT

HEAD = """# Measurements

Made by `make bench`; absolute numbers are of the machine named, ratios are of one run and travel better. For comparison,
what users would pick instead, measured on 2 cores with the same 20 ms vendors (webhook to Slack message, p50 / p99):
Node-RED 68 / 78 ms with nothing durable; n8n tuned 88 / 110 ms until it saturates at 39 to 49 events a second; n8n as
installed saturates at 17 a second. The intake ratio wanders from run to run on two shared cores: medians of nine rounds lay
between 0.72 and 0.81.
"""


def main() -> None:
    more = [
        part.main() for part in (signals, context, rules, routing, timers, backtest, backtest_live)
    ]  # bench.month takes ten minutes: by itself
    report = "\n\n".join([HEAD + f"\nRun of {datetime.now(UTC):%Y-%m-%d}.", intake.main(), path.main(), package.main(), *more])
    (ROOT / "bench" / "results.md").write_text(report + "\n", encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
