from fastapi import APIRouter, HTTPException

from ..clients import crm

router = APIRouter(prefix="/customers", tags=["customers"])


@router.get("")
async def listed():
    return (await crm.get("/people")).json()


@router.post("", status_code=201)
async def created(body: dict):
    return (await crm.post("/people", json=body)).json()


@router.api_route("/{customer_id}", methods=["GET", "DELETE"])
async def one(customer_id: int):
    if customer_id < 1:
        raise HTTPException(404)
    return customer_id
