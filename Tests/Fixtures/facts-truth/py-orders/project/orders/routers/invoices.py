from pathlib import Path

from fastapi import APIRouter

router = APIRouter()
receipts = APIRouter()
STORE = Path("/var/lib/orders")


@router.get("/{number}")
def invoice(number: int):
    STORE.mkdir(parents=True, exist_ok=True)
    (STORE / "last").write_text(str(number))
    return number


@receipts.get("/{number}.pdf")
def receipt(number: int):
    return number
