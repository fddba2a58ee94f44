from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ORDERS_")

    database_url: str
    payment_key: str = Field(...)
    currency: str = "EUR"
    rates_url: str = "https://rates.example.com/latest"
    workers: int = Field(4, ge=1)
    region: str = Field("eu", validation_alias="REGION")


@lru_cache
def settings() -> Settings:
    return Settings()
