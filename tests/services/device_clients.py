"""Microsoft's and Jamf's own Python clients, in an environment of their own, as a second opinion.

What our stand-ins tell them is what they would be told by the real services, as far as their makers'
own code can tell. Run with one JSON argument, this file is the program that drives them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SECONDS = 120


def asked_by_microsofts_client(origin: str, tenant: str, client: str, secret: str, ca: Path) -> Any:
    """What `msal` and `msgraph-sdk` make of a Graph: devices as they have them, page by page."""
    return _run("microsoft", origin=origin, tenant=tenant, client=client, secret=secret, ca=str(ca))


def asked_by_jamfs_client(origin: str, client: str, secret: str, ca: Path) -> Any:
    """What `jamf-pro-sdk` makes of a Jamf Pro: computers and mobile devices."""
    return _run("jamf", origin=origin, client=client, secret=secret, ca=str(ca))


def _run(which: str, **given: str) -> Any:
    from tests.services.own_venv import own_venv  # noqa: PLC0415  # not where this is the program

    python = own_venv("device_clients", compiled=False) / "python"
    done = subprocess.run(
        [python, __file__, which],
        input=json.dumps(given),
        # what the machine says of CAs comes before what a session says
        env={**os.environ, "REQUESTS_CA_BUNDLE": given["ca"], "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def microsoft(origin: str, tenant: str, client: str, secret: str, ca: str) -> Any:
    # these are there in the clients' own environment alone
    import asyncio  # noqa: PLC0415
    import ssl  # noqa: PLC0415
    from datetime import datetime  # noqa: PLC0415

    import httpx  # noqa: PLC0415
    import msal  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415
    import requests  # noqa: PLC0415
    from azure.core.credentials import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        AccessToken,
    )
    from kiota_authentication_azure.azure_identity_authentication_provider import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        AzureIdentityAuthenticationProvider,
    )
    from msgraph import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        GraphRequestAdapter,
        GraphServiceClient,
    )
    from msgraph_core import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        GraphClientFactory,
    )

    session = requests.Session()
    session.verify = ca
    application = msal.ConfidentialClientApplication(
        client,
        client_credential=secret,
        authority=f"{origin}/{tenant}",
        instance_discovery=False,
        http_client=session,
    )

    class Credential:
        """Tokens by msal, as the client wants them."""

        def get_token(self, *scopes: str, **_: Any) -> Any:
            found = application.acquire_token_for_client([f"{origin}/.default"])
            assert "access_token" in found, found
            return AccessToken(found["access_token"], int(datetime.now().timestamp()) + 3000)  # noqa: DTZ005

    tls = ssl.create_default_context(cafile=ca)
    http = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=tls))
    hosts = [origin.removeprefix("https://"), "127.0.0.1"]
    adapter = GraphRequestAdapter(
        AzureIdentityAuthenticationProvider(Credential(), allowed_hosts=hosts), http
    )
    adapter.base_url = f"{origin}/v1.0"
    graph = GraphServiceClient(request_adapter=adapter)

    async def all_pages() -> list[dict[str, Any]]:
        builder = graph.device_management.managed_devices
        page, found = await builder.get(), []
        while page is not None:
            found += page.value or []
            further = page.odata_next_link
            page = await builder.with_url(further).get() if further else None
        return [
            {
                "id": each.id,
                "serial": each.serial_number,
                "owner": each.user_principal_name,
                "version": each.os_version,
                "system": each.operating_system,
                "directory": each.azure_a_d_device_id,
                "compliance": each.compliance_state.value if each.compliance_state else None,
                "state": each.management_state.value if each.management_state else None,
                "at": int(each.last_sync_date_time.timestamp()),
            }
            for each in found
        ]

    return asyncio.run(all_pages())


def jamf(origin: str, client: str, secret: str, ca: str) -> Any:
    from jamf_pro_sdk import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        ApiClientCredentialsProvider,
        JamfProClient,
        SessionConfig,
    )

    host, _, port = origin.removeprefix("https://").partition(":")
    there = JamfProClient(
        host,
        ApiClientCredentialsProvider(client, secret),
        port=int(port),
        session_config=SessionConfig(ca_cert_bundle=ca, max_retries=3),
    )
    computers = there.pro_api.get_computer_inventory_v3(
        sections=["GENERAL", "HARDWARE", "OPERATING_SYSTEM", "USER_AND_LOCATION",
                  "EXTENSION_ATTRIBUTES", "GROUP_MEMBERSHIPS"], page_size=100,
    )  # fmt: skip
    mobiles = there.pro_api.get_mobile_device_inventory_v2(
        sections=["GENERAL", "HARDWARE", "USER_AND_LOCATION", "SECURITY"], page_size=100
    )
    return {
        "computers": [
            {
                "serial": each.hardware.serialNumber,
                "managed": each.general.remoteManagement.managed,
                "owner": each.userAndLocation.username,
                "version": each.operatingSystem.version,
                "compliance": [
                    value
                    for attribute in each.extensionAttributes
                    if attribute.name == "Compliance"
                    for value in attribute.values
                ],
                "groups": [group.groupName for group in each.groupMemberships],
            }
            for each in computers
        ],
        "mobiles": [
            {
                "serial": each.hardware.serialNumber,
                "managed": each.general.managed,
                "lost": each.security.lostModeEnabled,
                "owner": each.userAndLocation.username,
            }
            for each in mobiles
        ],
    }


if __name__ == "__main__":
    print(json.dumps({"microsoft": microsoft, "jamf": jamf}[sys.argv[1]](**json.load(sys.stdin))))
