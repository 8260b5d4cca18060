"""The one reader of the environment: `load_settings()` gives a frozen `Settings`, passed on and never global."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.errors import TurretError
from contracts.home import Home
from contracts.landing_store import find_url_problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PREFIX = "TURRET_"
_CLOSE = 0.9
"""Similarity from which a variable counts as a misspelt setting: TURRET_DASHBORD_PORT does, TURRET_KEY does not."""
_NOT_IN_HOME = frozenset("*?[]%#")
"""Dagster reads the first four as a pattern, and % and ? in its databases' addresses; dbt truncates addresses at #."""
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
"""Names of headers without underscores, which servers of other languages take for hyphens."""
_BROWSERS_OWN = re.compile(
    r"(accept|access-control|content|if|proxy|sec)(-.*)?|authorization|cache-control|connection|cookie2?|date|dnt|expect"
    r"|forwarded|from|host|keep-alive|last-event-id|max-forwards|origin|ping-(from|to)|pragma|priority|range|referer"
    r"|save-data|te|trailer|transfer-encoding|upgrade(-.*)?|user-agent|via"  # codespell:ignore te
    r"|x-forwarded-(for|host|port|proto|server)"
    r"|x-real-ip|x-requested-with",
    re.IGNORECASE,
)
"""Names of headers that browsers send themselves, or that proxies use for something else than a person."""
_MAPPED_BITS = 96
"""Bits before the IPv4 address in IPv6 addresses such as ::ffff:10.0.0.7."""

Networks = tuple[IPv4Network | IPv6Network, ...]


class SettingsError(TurretError, ValueError):
    """A setting has a value that cannot be used; the message names the variable, the value and what is allowed."""


class Settings(BaseSettings):
    """Every setting of Turret. A field `x` is read from the environment variable `TURRET_X`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(default=Path(".turret"), description="Folder that holds everything Turret writes.")
    database_url: str = Field(
        default="",
        description="SQLAlchemy address of the projects database; empty means SQLite in the home folder.",
    )
    landing_url: str = Field(
        default="",
        description="Shared folder or bucket where the sealed files of several hosts meet: a path, s3://bucket/prefix, "
        "gs://bucket/prefix or az://container/prefix; empty keeps them in the home folder.",
    )
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb",
        description="`duckdb` loads and models the events on this machine; `spark` does so on Apache Spark.",
    )
    spark_master: str = Field(
        default="local[*]",
        description="Spark's master: local[N] for N threads of this machine, or an address such as spark://host:7077.",
    )
    spark_warehouse: str = Field(
        default="",
        description="Folder of the tables that Spark writes, under one path on every host of the cluster; empty means "
        "spark/ in the home folder.",
    )
    publish_detail_days: int | None = Field(
        default=None,
        ge=21,
        description="Newest days of each project whose sessions, events and messages are published; aggregates always "
        "cover all days. Empty publishes everything.",
    )
    backup_passphrase: SecretStr = Field(
        default=SecretStr(""),
        description="Passphrase of backups: `turret backup` encrypts with it; empty does not encrypt.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Lowest level that is logged."
    )

    collector_host: str = Field(default="127.0.0.1", description="Address the collector listens on.")
    collector_port: int = Field(
        default=8000, ge=0, le=65535, description="Port the collector listens on; 0 takes any free one."
    )
    collector_workers: int = Field(default=1, ge=1, le=64, description="Worker processes of the collector.")
    collector_max_body_bytes: int = Field(
        default=1_048_576, ge=1024, le=104_857_600, description="Largest request body the collector reads, in bytes."
    )
    collector_min_free_bytes: int = Field(
        default=268_435_456,
        ge=0,
        description="With fewer bytes free on the disk, events are answered with 503; sealing needs the rest.",
    )
    collector_require_https: bool = Field(
        default=False, description="Whether requests with a key over plain HTTP are refused."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Comma-separated addresses and networks of proxies whose X-Forwarded-Proto, X-Forwarded-For and "
        "TURRET_PROXY_USER_HEADER are trusted.",
    )
    proxy_user_header: str = Field(
        default="",
        description="Header in which a trusted proxy gives the e-mail address of whoever signed in there; empty "
        "ignores such headers.",
    )
    proxy_new_people_role: Literal["", "viewer", "numbers"] = Field(
        default="",
        description="Role of people whom the proxy names and Turret does not know: `viewer` or `numbers`; empty "
        "refuses them.",
    )
    proxy_sign_out_path: str = Field(
        default="",
        description="Path at which the proxy ends its own sign-in, such as /oauth2/sign_out; empty means that people "
        "stay signed in there.",
    )
    collector_tls_certificate: str = Field(
        default="", description="File with the collector's TLS certificate (PEM); empty means plain HTTP."
    )
    collector_tls_key: str = Field(default="", description="File with the key of that certificate (PEM).")
    collector_key_cache_s: float = Field(
        default=2.0, ge=0, le=300, description="Seconds for which the collector caches an API key."
    )
    collector_segment_max_bytes: int = Field(
        default=8_388_608, ge=4096, description="A write-ahead file is sealed once it holds this many bytes."
    )
    collector_segment_max_age_s: float = Field(
        default=5.0,
        ge=0.1,
        le=3600,
        description="A write-ahead file with events is sealed after this many seconds, or a fifth of them if "
        "`turret up` runs and no run is under way.",
    )

    dashboard_host: str = Field(default="127.0.0.1", description="Address the dashboard listens on.")
    dashboard_port: int = Field(
        default=8050, ge=0, le=65535, description="Port the dashboard listens on; 0 takes any free one."
    )
    dashboard_sign_in: bool = Field(
        default=True,
        description="Whether people sign in; without, the dashboard admits anyone who reaches a loopback address.",
    )
    dashboard_session_hours: float = Field(
        default=168, gt=0, le=8760, description="Hours after which a person has to sign in again."
    )
    dashboard_names: str = Field(
        default="",
        description="Comma-separated host names of the dashboard, besides its own address and loopback.",
    )
    dashboard_refresh_s: float = Field(
        default=5.0,
        ge=0.5,
        le=3600,
        description="Seconds between an open page's checks for newly published numbers.",
    )
    report_min_people: int = Field(
        default=5,
        ge=1,
        description="Reports and alerts name only topics about which at least this many people wrote; the role "
        "`numbers` sees only numbers of at least this many.",
    )
    dashboard_url: str = Field(
        default="",
        description="Address at which people reach the dashboard, for links in alerts; empty means its host and port.",
    )
    alerts_allow_private_addresses: bool = Field(
        default=False,
        description="Whether alerts may be sent to webhooks at private, loopback and other reserved addresses.",
    )
    smtp_host: str = Field(default="", description="Mail server that sends alerts and reports; empty sends no e-mail.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="`starttls` encrypts after connecting, `tls` from the start (mostly port 465), `none` never.",
    )
    smtp_user: str = Field(default="", description="User at the mail server; empty sends without signing in.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Password of that user.")
    smtp_from: str = Field(default="", description="Sender of e-mails; empty means turret at the name of this machine.")
    dagster_host: str = Field(default="127.0.0.1", description="Address Dagster's web server listens on.")
    dagster_port: int = Field(
        default=3000, ge=0, le=65535, description="Port Dagster's web server listens on; 0 takes any free one."
    )

    session_gap_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="Minutes without events after which a user's next event starts a new session.",
    )
    session_max_events: int = Field(
        default=1000,
        ge=1,
        description="A session with more events is overlong: counted, but left out of journeys.",
    )

    warn_volume_drop_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Warn if a project's last whole day had fewer events than usual by this share; 1 never warns.",
    )
    warn_silence_hours: int = Field(
        default=24,
        ge=1,
        description="Warn if an active project sends nothing for more hours than this, and for longer than at any time "
        "in four weeks.",
    )

    embedder: Literal["local", "english", "package", "openai"] = Field(
        default="local",
        description="`local` runs multilingual-e5-small, all-MiniLM-L6-v2 and the Universal Sentence Encoder on this "
        "machine, for any language; `english` runs all-MiniLM-L6-v2 alone, at a third of the cost; `package` runs the "
        "model of an installed package; `openai` calls the embeddings endpoint below.",
    )
    embedding_model_file: str = Field(
        default="",
        description="The model that `package` runs: an ONNX file of an installed package, as package:path@SHA-256; the "
        "path is relative to site-packages.",
    )
    embedding_tokenizer_file: str = Field(
        default="", description="Its tokenizer (tokenizer.json), as package:path@SHA-256."
    )
    reembed_max_s: float = Field(
        default=300.0,
        ge=0,
        description="Seconds that each run spends on re-embedding texts after a change of the embedder; topics stay as "
        "they are until all texts are done.",
    )
    embedding_base_url: str = Field(
        default="", description="Address of an OpenAI-compatible embeddings endpoint; empty means OpenAI's own."
    )
    embedding_api_key: SecretStr = Field(default=SecretStr(""), description="Key for the embeddings endpoint.")
    embedding_model: str = Field(
        default="text-embedding-3-small", min_length=1, description="Model of the embeddings endpoint."
    )

    llm_base_url: str = Field(
        default="",
        description="Address of an OpenAI-compatible chat endpoint that names topics; a key alone means OpenAI's own.",
    )
    llm_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key for the chat endpoint; without key and address, topics are named by their messages.",
    )
    llm_model: str = Field(default="gpt-4o-mini", min_length=1, description="Model that names topics.")
    llm_max_calls: int = Field(
        default=100,
        ge=0,
        description="Maximum requests to the chat endpoint in one run, retries included; 0 sends none.",
    )
    llm_max_tokens: int = Field(
        default=400_000, ge=0, description="Maximum tokens used at the chat endpoint in one run, input and output."
    )

    courtesy_phrases: str = Field(
        default="",
        description="Additional courtesy phrases, separated by ;. Other wordings of them are recognised too.",
    )

    @field_validator("home")
    @classmethod
    def _check_home(cls, home: Path) -> Path:
        """Refuse a path that Dagster or dbt would read as a pattern or an address."""
        found = sorted(_NOT_IN_HOME & set(str(home.expanduser().absolute())))
        if found:
            raise PydanticCustomError(
                "home", "a path without {characters}", {"characters": " ".join(sorted(_NOT_IN_HOME))}
            )
        return home

    @field_validator("landing_url")
    @classmethod
    def _check_landing_url(cls, url: str) -> str:
        if allowed := find_url_problem(url):
            raise PydanticCustomError("landing_url", "{allowed}", {"allowed": allowed})
        is_path = bool(url) and "://" not in url
        return str(Path(url).expanduser().absolute()) if is_path else url

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, addresses: str) -> str:
        try:
            networks_of(addresses)
        except ValueError:
            allowed = "addresses such as 10.0.0.7 and networks such as 10.0.0.0/24, separated by commas, or * for any"
            raise PydanticCustomError("trusted_proxies", "{allowed}", {"allowed": allowed}) from None
        return addresses

    @field_validator("proxy_user_header")
    @classmethod
    def _check_header(cls, name: str) -> str:
        if name and not _HEADER.fullmatch(name):
            raise PydanticCustomError("proxy_user_header", "a name of letters, digits and hyphens")
        if _BROWSERS_OWN.fullmatch(name):
            allowed = "a header that only the proxy sets, such as X-Forwarded-Email; browsers and proxies use this one"
            raise PydanticCustomError("proxy_user_header", "{allowed}", {"allowed": allowed})
        return name

    @field_validator("proxy_sign_out_path")
    @classmethod
    def _check_sign_out_path(cls, path: str) -> str:
        if path and (not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable()):
            raise PydanticCustomError("proxy_sign_out_path", "a path such as /oauth2/sign_out")
        return path

    @model_validator(mode="after")
    def _make_home_absolute(self) -> Self:
        object.__setattr__(self, "home", self.home.expanduser().absolute())
        return self

    @property
    def max_batch_bytes(self) -> int:
        """Largest body of a batch, in bytes: room for 16 of the largest events, or for 1,000 of usual size."""
        return 16 * self.collector_max_body_bytes

    @property
    def dashboard_own_names(self) -> list[str]:
        """Host names of the dashboard; requests for other names are refused, to prevent DNS rebinding."""
        named = [name.strip() for name in self.dashboard_names.split(",") if name.strip()]
        return ["localhost", "127.0.0.1", "[::1]", "::1", self.dashboard_host, *named]

    @property
    def more_courtesy(self) -> list[str]:
        """The additional courtesy phrases."""
        return [phrase for part in self.courtesy_phrases.split(";") if (phrase := part.strip())]

    @property
    def dashboard_origin(self) -> str:
        """The address at which people reach the dashboard, without a slash at its end."""
        host = self.dashboard_host if self.dashboard_host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        return (self.dashboard_url or f"http://{shown}:{self.dashboard_port}").rstrip("/")

    @property
    def has_llm(self) -> bool:
        """Whether a language model is configured."""
        return bool(self.llm_base_url or self.llm_api_key.get_secret_value())


def networks_of(addresses: str) -> Networks:
    """Return the networks of comma-separated addresses and networks; `*` stands for every address.

    Raises:
        ValueError: one of them is neither.
    """
    if addresses.strip() == "*":
        return ip_network("0.0.0.0/0"), ip_network("::/0")
    return tuple(_unmapped(ip_network(part.strip())) for part in addresses.split(",") if part.strip())


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """Return the IPv4 form of a network such as ::ffff:10.0.0.0/104; others as they are."""
    if isinstance(network, IPv4Network) or network.prefixlen < _MAPPED_BITS or not network[0].ipv4_mapped:
        return network
    return IPv4Network((int(network[0].ipv4_mapped), network.prefixlen - _MAPPED_BITS))


def unmapped_address(address: str) -> str:
    """Return the IPv4 form of an address such as ::ffff:10.0.0.7, as which a socket for both families sees IPv4.

    Other addresses, and what is none, stay as they are.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped) if isinstance(found, IPv6Address) and found.ipv4_mapped else address


def is_within(address: str, networks: Networks) -> bool:
    """Return whether an address is in one of the networks; a name or the path of a socket is in none."""
    try:
        found = ip_address(unmapped_address(address))
    except ValueError:
        return False
    return any(found in network for network in networks)


def home_of(settings: Settings) -> Home:
    """Return the home, with segments sealed for `TURRET_LANDING_URL` if it is set."""
    return Home(settings.home, is_shared=bool(settings.landing_url))


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` take precedence.

    Raises:
        SettingsError: a value is not allowed, or a variable looks like a misspelt setting; one sentence for each.
    """
    _refuse_misspelt_names()
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values itself
    except ValidationError as error:
        raise SettingsError(" ".join(_sentence(detail) for detail in error.errors())) from None


def _refuse_misspelt_names() -> None:
    """Refuse variables that look like a misspelt setting; others with the prefix may belong to callers of Turret."""
    names = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for found in os.environ:
        if found.startswith(PREFIX) and found not in names and (close := get_close_matches(found, names, 1, _CLOSE)):
            raise SettingsError(f"{found} is not a setting; did you mean {close[0]}?")


def child_environment(settings: Settings, **extra: str) -> dict[str, str]:
    """Return the environment for a process that Turret starts: its own, with these settings and `extra` on top."""
    chosen = {f"{PREFIX}{name.upper()}": _plain(getattr(settings, name)) for name in settings.model_fields_set}
    return {**os.environ, **chosen, f"{PREFIX}HOME": str(settings.home), **extra}


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _sentence(detail: ErrorDetails) -> str:
    """Write one sentence about a bad value; secrets are named but never shown."""
    field = str(detail["loc"][0])
    is_secret = field.endswith(("_api_key", "_password", "_passphrase")) or (
        field == "landing_url" and set("@?") & set(str(detail["input"]))
    )
    value = "the given value" if is_secret else repr(detail["input"])
    reason = detail["msg"].removeprefix("Input should be ").split(", unable to")[0]
    return f"{PREFIX}{field.upper()} is {value}; allowed is {reason}."
