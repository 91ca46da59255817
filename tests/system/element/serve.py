"""Serves the built site on loopback, the way Element expects of its web server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

VERSION = "0.0.0"
LABEL = "127.0.0.1"


@asynccontextmanager
async def served(
    site: Path, homeserver_url: str, *, oauth: bool = False, calls: str = ""
) -> AsyncIterator[str]:
    """Serve `site`, set up for `homeserver_url`, while the context lasts; yields its address.

    Element of this age signs in by `m.login.sso`; with `oauth` by what Matrix has since v1.15.
    Conferences are held with the Element Call at the address `calls`, if there is one.

    Unknown paths are answered 404: with a fall-back page, Element takes that page for a new
    version of itself and reloads for ever.
    """
    runner = web.AppRunner(
        _site_app(site, _element_settings(homeserver_url, oauth=oauth, calls=calls)),
        access_log=None,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _site_app(site: Path, set_up: dict[str, object]) -> web.Application:
    async def version(_: web.Request) -> web.Response:
        return web.Response(text=VERSION)

    async def settings(_: web.Request) -> web.Response:
        return web.json_response(set_up)

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(site / "index.html")

    async def download_page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(site / "usercontent" / "index.html")

    app = web.Application()
    app.router.add_get("/version", version)
    app.router.add_get("/config.json", settings)
    app.router.add_get("/", page)
    app.router.add_get("/usercontent/", download_page)
    app.router.add_static("/", site)
    return app


def _element_settings(homeserver_url: str, *, oauth: bool, calls: str) -> dict[str, object]:
    """Element's own settings: one homeserver, and nothing that asks the network elsewhere."""
    server = {"base_url": homeserver_url, "server_name": LABEL}
    return {
        "brand": "Element",
        "default_server_config": {"m.homeserver": server},
        "disable_custom_urls": True,
        "disable_guests": True,
        "disable_3pid_login": True,
        "features": {"feature_oidc_native_flow": oauth, "feature_group_calls": bool(calls)},
        "element_call": {"url": calls, "use_exclusively": True} if calls else {},
        "integrations_ui_url": "",
        "integrations_rest_url": "",
        "setting_defaults": {
            "UIFeature.urlPreviews": False,
            "UIFeature.registration": False,
            "FTUE.userOnboardingButton": False,
        },
    }
