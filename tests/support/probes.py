"""Probes of a container platform."""

import asyncio

import httpx

__all__ = ["answer", "becomes"]


async def answer(port: int, path: str) -> tuple[int, dict[str, str]]:
    """Status and body of what a worker answers."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(f"http://127.0.0.1:{port}{path}", timeout=5)
    return response.status_code, response.json()


async def becomes(port: int, status: int) -> None:
    """Wait until a worker is ready, or is not any more."""
    async with asyncio.timeout(5):
        while True:
            if (await answer(port, "/ready"))[0] == status:
                return
            await asyncio.sleep(0.02)
