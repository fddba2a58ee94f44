from fastapi import APIRouter, Depends

from ..clients import convert
from ..config import Settings, settings

router = APIRouter()


@router.get("/")
async def listed(settings: Settings = Depends(settings)):
    return [settings.currency]


@router.put("/{order_id}/lines/{line:path}")
async def line(order_id: str, line: str):
    return await convert(order_id)
