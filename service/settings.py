"""Every setting of the service: an environment variable ``SILAH_<NAME>`` each."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment; an argument wins over it. ``docs/settings.md`` shows them all."""

    model_config = SettingsConfigDict(env_prefix="SILAH_", frozen=True, extra="forbid")

    home: Path = Field(default=Path("var"), description="The folder that holds all state.")
    host: str = Field(default="127.0.0.1", description="The address that the server listens on.")
    port: int = Field(default=8080, ge=1, le=65535, description="The port that the server listens on.")
    workers: int = Field(default=2, ge=1, le=64, description="Server processes.")
    threads: int = Field(default=4, ge=1, le=64, description="Requests that one process answers at a time.")
    encoder_threads: int = Field(default=1, ge=1, le=64, description="Cores that one text query is embedded with.")
    text_queries: bool = Field(
        default=True, description="Answer text queries; switched off, no model need be prepared on this machine."
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="The largest request body that is accepted.")
    poll_seconds: float = Field(default=1.0, gt=0, description="How often each process looks for a new snapshot.")
