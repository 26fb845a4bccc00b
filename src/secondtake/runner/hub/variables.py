"""The variable that stands between us and a hub: proxies, certificates, offline switches.

They are read as the hub's client and its transport read them, which is not as curl or requests do.
A value is shown without its credentials.
"""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from secondtake.core.environ import ON
from secondtake.core.redaction import without_credentials

SCHEMES = ("http", "https", "socks5", "socks5h")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # the first one that is set counts
OTHER_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # other programs read them
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
KEY_LOG = "SSLKEYLOGFILE"


def unusable() -> str:
    """What to do about a variable with which no request can be made at all; "" if there is none."""
    proxies = (_unusable_proxy(scheme) for scheme in ("http", "https", "all"))
    return next(filter(None, (*proxies, _unusable_certificates(), _key_log())), "")


def blame(url: str, reason: str) -> str:
    """What to do about the variable that may keep `url` from being reached; "" if none does."""
    return next(filter(None, _hints(url, reason)), "")


def _hints(url: str, reason: str) -> Iterator[str]:
    if "told to stay off" in reason:
        yield from (f"unset {_shown(n)}" for n in OFFLINE if os.environ.get(n, "").lower() in ON)
    if "certificate" in reason.lower():
        yield _certificates()
    yield _proxy(url)


def _unusable_proxy(scheme: str) -> str:
    """Any proxy that is none breaks every request, wherever it goes."""
    proxies = getproxies()
    value = proxies.get(scheme, "")
    if not value or "*" in [host.strip() for host in proxies.get("no", "").split(",")]:
        return ""
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        is_usable = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    good = ", ".join(f"{each}://" for each in SCHEMES)
    hint = f"a proxy begins with {good}, has no space, and a # in its password is written %23"
    return "" if is_usable else f"correct or unset {_shown_proxy(scheme)}: {hint}"


def is_direct(url: str) -> bool:
    """True if no proxy is between here and `url`."""
    return not _proxy_scheme(url) or bool(proxy_bypass(urlsplit(url).netloc))


def _proxy_scheme(url: str) -> str:
    """The kind of proxy that is set for an address: http, https or all; "" if none is."""
    proxies = getproxies()
    return next((each for each in (urlsplit(url).scheme, "all") if proxies.get(each)), "")


def _proxy(url: str) -> str:
    """The proxy that the request goes through, or the exception that keeps it from one."""
    scheme, parts = _proxy_scheme(url), urlsplit(url)
    if not scheme:
        return ""
    if proxy_bypass(parts.netloc):
        return f"{_shown_proxy('no')} keeps it from {_shown_proxy(scheme)}: correct one of them"
    host = parts.hostname or ""
    return f"{_shown_proxy(scheme)} stands in between: correct or unset it, or NO_PROXY={host}"


def _unusable_certificates() -> str:
    name = next((each for each in CERTIFICATES if os.environ.get(each)), "")
    if not name:
        return ""
    path = Path(os.environ[name])
    try:
        if name == "SSL_CERT_DIR":
            fault = "" if any(path.iterdir()) else "it is empty"
        else:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
            fault = ""
    except ssl.SSLError:
        fault = "it holds no certificate"
    except OSError as error:
        fault = error.strerror or str(error)
    return f"correct or unset {_shown(name)}: {fault}" if fault else ""


def _certificates() -> str:
    """What decides whom we trust, where somebody is not trusted."""
    if name := next((each for each in CERTIFICATES if os.environ.get(each)), ""):
        return f"{_shown(name)} does not vouch for it: correct or unset it"
    if name := next((each for each in OTHER_CERTIFICATES if os.environ.get(each)), ""):
        return f"{_shown(name)} is not read here: export SSL_CERT_FILE with that value"
    return "if a proxy opens connections, name its certificate: export SSL_CERT_FILE=/path/to/it"


def _key_log() -> str:
    value = os.environ.get(KEY_LOG, "")
    path = Path(value)
    can_write = not path.is_dir() and os.access(path if path.exists() else path.parent, os.W_OK)
    return (
        f"correct or unset {_shown(KEY_LOG)}: it cannot be written"
        if value and not can_write
        else ""
    )


def _shown(name: str) -> str:
    return f"{name}={without_credentials(os.environ.get(name, ''))}"


def _shown_proxy(scheme: str) -> str:
    """A proxy's variable as it is spelled in the environment; small letters count first."""
    wanted = f"{scheme}_proxy"
    named = [name for name in os.environ if name.lower() == wanted and os.environ[name]]
    name = wanted if wanted in named else next(reversed(named), "")
    return _shown(name) if name else f"the system's {scheme} proxy"
