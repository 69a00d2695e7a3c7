"""Changes of a definition's text by what they mean."""

from fastapi import APIRouter

router = APIRouter(tags=["editing"])
