import contextlib

import uvicorn
from fastapi import FastAPI

from .routers import customers, invoices
from .routers.orders import router as orders_router

app = FastAPI(title="orders", openapi_url=None)
app.include_router(customers.router)
app.include_router(orders_router, prefix="/orders")
for prefix, router in (("/invoices", invoices.router), ("/receipts", invoices.receipts)):
    app.include_router(router, prefix=prefix)


@app.get("/live")
async def live():
    return {"status": "up"}


@app.websocket("/events")
async def events(socket):
    await socket.accept()


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8081)
