"""A bulk run of Microsoft's client for Python (msgraph-sdk) against `guestlist sandbox --tls`. README.md says how."""

import asyncio
import os
import uuid
from urllib.parse import urlsplit

from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.directory_objects.get_by_ids.get_by_ids_post_request_body import (
    GetByIdsPostRequestBody,
)
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.group import Group
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.invited_user_message_info import InvitedUserMessageInfo
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.user import User
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

URL = os.environ["GUESTLIST_TENANT_GRAPH_URL"]
GRAPH = f"{URL}/v1.0"
RUN = uuid.uuid4().hex[:6]
LIST = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
ONE = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters
GROUPS = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters

good = bad = 0


def check(what, is_so, seen=""):
    global good, bad
    if is_so:
        good += 1
    else:
        bad += 1
        print(f"WRONG: {what}: {seen}")


def asks(parameters, **headers):
    collection = HeadersCollection()
    for name, value in headers.items():
        collection.add(name.replace("_", "-"), value)
    return RequestConfiguration(query_parameters=parameters, headers=collection)


async def refused(call, status, code):
    try:
        await call
        check(f"{code} is an error", False, "it was answered")
    except APIError as error:
        seen = (error.response_status_code, error.error.code)
        check(code, seen == (status, code), seen)


def invitation(number):
    return Invitation(
        invited_user_email_address=f"py{number}.{RUN}@partner.example",
        invite_redirect_url="https://myapplications.microsoft.com",
        invited_user_display_name=f"Python {number:02}",
        send_invitation_message=number % 2 == 0,
        invited_user_message_info=InvitedUserMessageInfo(
            message_language="de-DE",
            cc_recipients=[
                Recipient(email_address=EmailAddress(address="boss@northwind.example", name="Boss"))
            ],
        ),
    )


async def main():
    host = urlsplit(URL).hostname
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=URL,
        disable_instance_discovery=True,
    )
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=["https://graph.microsoft.com/.default"], allowed_hosts=[host]
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = GRAPH
    client = GraphServiceClient(request_adapter=adapter)

    # 25 one by one.
    ids = []
    for number in range(25):
        made = await client.invitations.post(invitation(number))
        check("invited", made.status == "PendingAcceptance" and made.invite_redeem_url, made)
        ids.append(made.invited_user.id)
    again = await client.invitations.post(invitation(3))
    check("the same guest again", again.invited_user.id == ids[3])
    await refused(
        client.invitations.post(
            Invitation(
                invited_user_email_address="with+plus@partner.example",
                invite_redirect_url="https://myapplications.microsoft.com",
            )
        ),
        400,
        "BadRequest",
    )

    # A batch: 20 more, and reads.
    batch = BatchRequestContent()
    for number in range(25, 45):
        information = client.invitations.to_post_request_information(invitation(number))
        item = BatchRequestItem(request_information=information, id=str(number))
        # Graph takes relative URLs only; this client writes whole ones.
        item.url = item.url.replace(GRAPH, "")
        batch.add_request(item.id, item)
    answers = await client.batch.post(batch_request_content=batch)
    for number in range(25, 45):
        answer = answers.get_response_by_id(str(number))
        check("invited in a batch", answer.status == 201, answer.status)
    # This client does not read JSON bodies of a batch, so the guests are looked up.
    for first in (25, 35):
        mails = ", ".join(f"'py{number}.{RUN}@partner.example'" for number in range(first, first + 10))
        found = await client.users.get(asks(LIST(filter=f"mail in ({mails})", select=["id"])))
        check("mail in (10)", len(found.value) == 10, len(found.value))
        ids += [one.id for one in found.value]
    reads = BatchRequestContent()
    for number, path in enumerate(["/users?$top=3&$select=id,mail", f"/users/{ids[0]}", "/users/nobody"]):
        information = client.users.to_get_request_information()
        item = BatchRequestItem(request_information=information, id=f"r{number}")
        item.url = path
        reads.add_request(item.id, item)
    answers = await client.batch.post(batch_request_content=reads)
    seen = [answers.get_response_by_id(f"r{number}").status for number in range(3)]
    check("reads in a batch", seen == [200, 200, 404], seen)

    # Lists.
    page = await client.users.get(asks(LIST(top=10, orderby=["displayName"])))
    people = list(page.value)
    while page.odata_next_link:
        page = await client.users.with_url(page.odata_next_link).get()
        people += page.value
    names = [person.display_name.lower() for person in people]
    check("sorted pages", names == sorted(names) and len(people) >= 60, len(people))
    check("each once", len({person.id for person in people}) == len(people))
    pending = await client.users.get(
        asks(
            LIST(
                filter="userType eq 'Guest' and externalUserState eq 'PendingAcceptance'",
                select=["id", "mail", "externalUserState", "assignedPlans"],
                top=999,
            )
        )
    )
    check("pending", set(ids) <= {person.id for person in pending.value}, len(pending.value))
    check("assignedPlans", pending.value[0].assigned_plans == [], pending.value[0].assigned_plans)
    advanced = await client.users.get(
        asks(
            LIST(
                filter=f"endsWith(mail,'.{RUN}@partner.example')",
                count=True,
                orderby=["displayName"],
                top=5,
            ),
            ConsistencyLevel="eventual",
        )
    )
    check("@odata.count", advanced.odata_count == 45, advanced.odata_count)
    count = await client.users.count.get(asks(None, ConsistencyLevel="eventual"))
    check("$count", count >= 60, count)
    every = await client.users.get(asks(LIST(select=["*"], top=1)))
    check("$select=*", every.value[0].user_type == "Member", every.value[0])
    await refused(client.users.get(asks(LIST(top=1000))), 400, "Request_UnsupportedQuery")
    await refused(
        client.users.get(asks(LIST(filter="mail ne 'a'"))), 400, "Request_UnsupportedQuery"
    )

    # One guest.
    guest = await client.users.by_user_id(ids[0]).get(
        asks(ONE(select=["id", "mail", "creationType", "createdDateTime", "otherMails", "identities"]))
    )
    check("by id", guest.mail == f"py0.{RUN}@partner.example" and guest.creation_type == "Invitation")
    await client.users.by_user_id(ids[0]).patch(
        User(company_name="Partner", department="Sales", usage_location="DE", city="Ulm")
    )
    guest = await client.users.by_user_id(ids[0]).get(asks(ONE(select=["companyName", "city"])))
    check("profile", (guest.company_name, guest.city) == ("Partner", "Ulm"), guest)
    await refused(client.users.by_user_id(str(uuid.uuid4())).get(), 404, "Request_ResourceNotFound")
    some = await client.directory_objects.get_by_ids.post(
        GetByIdsPostRequestBody(ids=ids[:5], types=["user"])
    )
    check("getByIds", len(some.value) == 5 and isinstance(some.value[0], User), some)

    # Sponsors and manager.
    anna = await client.users.by_user_id("anna.berg@northwind.example").get()
    link = f"{GRAPH}/users/{anna.id}"
    item = client.users.by_user_id(ids[0])
    await item.sponsors.ref.post(ReferenceCreate(odata_id=link))
    await refused(item.sponsors.ref.post(ReferenceCreate(odata_id=link)), 400, "Request_BadRequest")
    sponsors = await item.sponsors.get()
    check("sponsors", [one.id for one in sponsors.value] == [anna.id])
    await item.manager.ref.put(ReferenceUpdate(odata_id=link))
    manager = await item.manager.get()
    check("manager", manager.id == anna.id)
    expanded = await item.get(asks(ONE(expand=["manager($select=id,displayName)"], select=["id"])))
    check("$expand=manager", expanded.manager.display_name == "Anna Berg", expanded.manager)

    # Groups.
    unified = await client.groups.get(asks(GROUPS(filter="groupTypes/any(c:c eq 'Unified')")))
    check("Unified", unified.value and all("Unified" in one.group_types for one in unified.value))
    group = await client.groups.post(
        Group(
            display_name=f"Partners {RUN}",
            mail_nickname=f"partners-{RUN}",
            mail_enabled=False,
            security_enabled=True,
        )
    )
    members = client.groups.by_group_id(group.id).members
    for guest_id in ids[:3]:
        await members.ref.post(ReferenceCreate(odata_id=f"{GRAPH}/directoryObjects/{guest_id}"))
    await client.groups.by_group_id(group.id).patch(
        Group(
            additional_data={
                "members@odata.bind": [f"{GRAPH}/directoryObjects/{one}" for one in ids[3:20]]
            }
        )
    )
    listed = await members.get()
    check("members", len(listed.value) == 20, len(listed.value))
    users = await members.graph_user.get()
    check("members as users", len(users.value) == 20 and users.value[0].mail)
    await members.by_directory_object_id(ids[0]).ref.delete()
    await refused(
        members.by_directory_object_id(ids[0]).ref.delete(), 404, "Request_ResourceNotFound"
    )
    mine = await client.users.by_user_id(ids[1]).member_of.get()
    check("memberOf", [one.id for one in mine.value] == [group.id])

    # The tenant.
    organizations = await client.organization.get()
    check("organization", any(one.is_initial for one in organizations.value[0].verified_domains))
    domains = await client.domains.get()
    check("domains", len(domains.value) >= 2)
    policy = await client.policies.authorization_policy.get()
    check("allowInvitesFrom", policy.allow_invites_from is not None, policy)
    access = await client.policies.cross_tenant_access_policy.default.get()
    check("cross-tenant access", access.is_service_default is True, access)

    # Delete, look, restore, delete for good.
    for guest_id in ids[:22]:
        await client.users.by_user_id(guest_id).delete()
    await refused(client.users.by_user_id(ids[0]).get(), 404, "Request_ResourceNotFound")
    deleted = await client.directory.deleted_items.graph_user.get()
    check("deleted", set(ids[:22]) <= {one.id for one in deleted.value}, len(deleted.value))
    entry = client.directory.deleted_items.by_directory_object_id(ids[0])
    check("one deleted item", (await entry.get()).id == ids[0])
    check("restored", (await entry.restore.post()).id == ids[0])
    check("back", (await client.users.by_user_id(ids[0]).get()).id == ids[0])
    await client.directory.deleted_items.by_directory_object_id(ids[1]).delete()
    await refused(
        client.directory.deleted_items.by_directory_object_id(ids[1]).get(),
        404,
        "Request_ResourceNotFound",
    )
    await client.groups.by_group_id(group.id).delete()
    await credential.close()
    print(f"Python msgraph-sdk: {good} of {good + bad}")
    raise SystemExit(bad > 0)


asyncio.run(main())
