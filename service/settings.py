"""Every setting of the service: an environment variable ``SILAH_<NAME>`` each."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.schemas import MAX_K, LanguagePolicy, Options

Origins = Annotated[str, StringConstraints(pattern=r"^(\*|(https?://[\w.:-]+(,https?://[\w.:-]+)*)?)$")]
AnyOptions = TypeVar("AnyOptions", bound=Options)
_DEFAULT = "default_"


def _sendable(token: SecretStr) -> SecretStr:
    # The server hands on a header with other characters as an empty one: whoever sent the token was refused.
    if not token.get_secret_value().isascii():
        message = "holds other characters than ASCII"
        raise ValueError(message)
    return token


Token = Annotated[SecretStr, AfterValidator(_sendable)]


class Settings(BaseSettings):
    """Read from the environment; an argument wins over it. ``docs/settings.md`` shows them all."""

    # What is wrong is named and not shown: it may be the token.
    model_config = SettingsConfigDict(env_prefix="SILAH_", frozen=True, extra="forbid", hide_input_in_errors=True)

    home: Path = Field(default=Path("var"), description="The folder that holds all state.")
    host: str = Field(default="127.0.0.1", min_length=1, description="The address that the server listens on.")
    port: int = Field(default=8080, ge=1, le=65535, description="The port that the server listens on.")
    workers: int = Field(default=2, ge=1, le=64, description="Server processes.")
    threads: int = Field(default=4, ge=1, le=64, description="Requests that one process answers at a time.")
    # Two cores, two processes; 1 and 2: a client alone gets an answer to a short query in 7.2 and 5.6 ms; 4 clients get
    # 236 and 226 answers a second, 16 get 326 and 302. With threads that spin 16 got half of that.
    encoder_threads: int = Field(
        default=2, ge=1, le=64, description="Cores that text queries are embedded with, at most."
    )
    text_queries: bool = Field(
        default=True,
        description="Answer text queries and take articles that are put; off, no model need be prepared here.",
    )
    token: Token | None = Field(
        default=None, description="Who sends it may put and delete articles, pin and block; without it nobody may."
    )
    cors_origins: Origins = Field(
        default="",
        description="Sites whose pages may ask from a browser: `https://a.example,https://b.example`, or `*`.",
    )
    events: bool = Field(default=False, description="Count what readers saw and clicked (`POST /v1/events`).")
    cache_bytes: int = Field(
        default=64_000_000,
        ge=0,
        description="Memory in which each process keeps lists that were asked for, or ranked beside those.",
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="The largest request body that is accepted.")
    default_k: int = Field(default=5, ge=1, le=MAX_K, description="`k` where a request does not say.")
    default_language: LanguagePolicy = Field(default="any", description="`language` where a request does not say.")
    default_min_score: float = Field(default=0, ge=0, le=1, description="`min_score` where a request does not say.")
    default_diversity: float = Field(default=0, ge=0, le=1, description="`diversity` where a request does not say.")
    default_recency_half_life_days: float = Field(
        default=730, ge=0, le=36_500, description="`recency_half_life_days` where a request does not say."
    )
    default_near_duplicates: Literal["collapse", "show"] = Field(
        default="collapse", description="`near_duplicates` where a request does not say."
    )
    poll_seconds: float = Field(
        default=0.2, gt=0, description="How often each process looks for a new snapshot and live changes."
    )

    def complete(self, options: AnyOptions) -> AnyOptions:
        """Return `options` with the site's defaults for what the request left out."""
        missing = {name: value for name, value in self.defaults.items() if name not in options.model_fields_set}
        return options.model_copy(update=missing)

    @cached_property
    def defaults(self) -> dict[str, object]:
        """The site's defaults, by the names of the options."""
        names = (name for name in type(self).model_fields if name.startswith(_DEFAULT))
        return {name.removeprefix(_DEFAULT): getattr(self, name) for name in names}

    @cached_property
    def defaults_text(self) -> str:
        """The same, to tell the answers of differently set services apart."""
        return str(self.defaults)

    @property
    def ahead_bytes(self) -> int:
        """The part of `cache_bytes` for lists that are ranked ahead.

        200,000 articles in any order: with a third and a quarter of 64 MB .89 and .79 of an empty view's rate.
        """
        return self.cache_bytes // 3
