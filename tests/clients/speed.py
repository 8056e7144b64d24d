"""How fast Microsoft's client for Python (msgraph-sdk) invites, beside `guestlist invite`. README.md says how.

It sends one POST for each guest, several at once, and nothing else: it looks nobody up, remembers nothing and reads no guest
afterwards.
"""

import asyncio
import os
import resource
import sys
import time
import uuid
from urllib.parse import urlsplit

from azure.identity.aio import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.invitation import Invitation

URL = os.environ["GUESTLIST_TENANT_GRAPH_URL"]
GUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
ABREAST = int(sys.argv[2]) if len(sys.argv) > 2 else 16
RUN = uuid.uuid4().hex[:6]


async def main():
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=URL,
        disable_instance_discovery=True,
    )
    provider = AzureIdentityAuthenticationProvider(
        credential,
        scopes=["https://graph.microsoft.com/.default"],
        allowed_hosts=[urlsplit(URL).hostname],
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{URL}/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    numbers = iter(range(GUESTS))

    async def worker():
        for number in numbers:
            made = await client.invitations.post(
                Invitation(
                    invited_user_email_address=f"speed{number}.{RUN}@partner.example",
                    invite_redirect_url="https://myapplications.microsoft.com",
                    invited_user_display_name=f"Speed {number}",
                    send_invitation_message=True,
                )
            )
            assert made.invite_redeem_url

    begin = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(ABREAST)))
    seconds = time.monotonic() - begin
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (used.ru_utime + used.ru_stime) * 1000 / GUESTS
    print(
        f"{GUESTS} guests, {ABREAST} at once: {seconds:.1f} s, {GUESTS / seconds:.0f} a second, "
        f"{cpu:.2f} ms of CPU each, {used.ru_maxrss / 1024:.0f} MB"
    )
    await credential.close()


asyncio.run(main())
