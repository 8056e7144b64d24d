// A bulk run of Microsoft's client for JavaScript (@microsoft/microsoft-graph-client) against `guestlist sandbox --tls`.
// README.md says how.

import { randomUUID } from "node:crypto";
import { ClientSecretCredential } from "@azure/identity";
import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const url = process.env.GUESTLIST_TENANT_GRAPH_URL;
const run = randomUUID().slice(0, 6);
let good = 0;
let bad = 0;

function check(what, isSo, seen) {
    if (isSo) good += 1;
    else {
        bad += 1;
        console.log(`WRONG: ${what}:`, seen);
    }
}

async function refused(call, status, code) {
    try {
        await call;
        check(`${code} is an error`, false, "it was answered");
    } catch (error) {
        check(code, error.statusCode === status && error.code === code && error.requestId, [error.statusCode, error.code, error.requestId]);
    }
}

const credential = new ClientSecretCredential(process.env.AZURE_TENANT_ID, process.env.AZURE_CLIENT_ID, process.env.AZURE_CLIENT_SECRET, {
    authorityHost: url,
    disableInstanceDiscovery: true,
});
const client = Client.initWithMiddleware({
    baseUrl: url,
    customHosts: new Set([new URL(url).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: ["https://graph.microsoft.com/.default"] }),
});

const mail = (number) => `js${number}.${run}@partner.example`;
const invitation = (number) => ({
    "@odata.type": "#microsoft.graph.invitation",
    invitedUserEmailAddress: mail(number),
    invitedUserDisplayName: `JavaScript ${String(number).padStart(2, "0")}`,
    inviteRedirectUrl: "https://myapplications.microsoft.com",
    sendInvitationMessage: number % 2 === 0,
    invitedUserMessageInfo: {
        "@odata.type": "#microsoft.graph.invitedUserMessageInfo",
        customizedMessageBody: "Welcome",
        ccRecipients: [{ "@odata.type": "#microsoft.graph.recipient", emailAddress: { address: "boss@northwind.example", name: "Boss" } }],
    },
});

// 25 one by one, then 20 in a batch.
const ids = [];
for (let number = 0; number < 25; number += 1) {
    const made = await client.api("/invitations").post(invitation(number));
    check("invited", made.status === "PendingAcceptance" && made.inviteRedeemUrl, made);
    ids.push(made.invitedUser.id);
}
await refused(client.api("/invitations").get(), 404, "UnknownError");
await refused(client.api("/invitations").post({ ...invitation(1), nonsense: 1 }), 400, "BadRequest");
const steps = [];
for (let number = 25; number < 45; number += 1) {
    const request = new Request(`${url}/invitations`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(invitation(number)),
    });
    // This client takes the host off, and not a version, which Graph would refuse in a batch.
    steps.push({ id: String(number), request });
}
const content = await new BatchRequestContent(steps).getContent();
const answers = new BatchResponseContent(await client.api("/$batch").post(content));
for (let number = 25; number < 45; number += 1) {
    const answer = answers.getResponseById(String(number));
    check("invited in a batch", answer.status === 201, answer.status);
    ids.push((await answer.json()).invitedUser.id);
}
const mixed = await client.api("/$batch").version("beta").post({
    requests: [
        { id: "1", method: "GET", url: "/users?$top=2&$select=id&$format=json" },
        { id: "2", method: "GET", url: "/users/nobody", dependsOn: ["1"] },
        { id: "3", method: "GET", url: "/me", dependsOn: ["2"], depends_on: [] },
    ],
});
const statuses = Object.fromEntries(mixed.responses.map((one) => [one.id, one.status]));
check("a batch in beta", JSON.stringify(statuses) === '{"1":200,"2":404,"3":424}', statuses);

// Lists.
const first = await client.api("/users").top(10).orderby("displayName").get();
const people = [];
await new PageIterator(client, first, (person) => people.push(person) > 0).iterate();
const names = people.map((person) => person.displayName.toLowerCase());
check("sorted pages", people.length >= 60 && names.every((name, at) => at === 0 || names[at - 1] <= name), people.length);
check("each once", new Set(people.map((person) => person.id)).size === people.length, people.length);
const pending = await client.api("/users").filter("userType eq 'Guest' and externalUserState eq 'PendingAcceptance'").select("id,mail,externalUserState").top(999).get();
check("pending", ids.every((id) => pending.value.some((one) => one.id === id)), pending.value.length);
const some = ids.slice(0, 15).map((_, at) => `'${mail(at)}'`).join(",");
check("mail in (15)", (await client.api("/users").filter(`mail in (${some})`).get()).value.length === 15);
const count = await client.api("/users").header("ConsistencyLevel", "eventual").count(true).filter(`endsWith(mail,'.${run}@partner.example')`).top(5).get();
check("@odata.count", count["@odata.count"] === 45, count["@odata.count"]);
check("$select=*", (await client.api("/users").select("*").top(1).get()).value[0].userType === "Member");
check("$format=json", (await client.api("/users").query({ $format: "json" }).top(1).get()).value.length === 1);
await refused(client.api("/users").top(1000).get(), 400, "Request_UnsupportedQuery");
await refused(client.api("/users").skip(1).get(), 400, "BadRequest");

// One guest, a sponsor, a manager.
const guest = `/users/${ids[0]}`;
check("by id", (await client.api(guest).get()).mail === mail(0));
await client.api(guest).patch({ "@odata.type": "#microsoft.graph.user", companyName: "Partner", city: "Ulm" });
check("profile", (await client.api(guest).select("companyName,city").get()).city === "Ulm");
check("beta", (await client.api(guest).version("beta").get()).companyName === "Partner");
await refused(client.api(`/users/${randomUUID()}`).get(), 404, "Request_ResourceNotFound");
const anna = (await client.api("/users/anna.berg@northwind.example").get()).id;
const link = { "@odata.id": `https://graph.microsoft.com/v1.0/users/${anna}` };
await client.api(`${guest}/sponsors/$ref`).post(link);
check("sponsors", (await client.api(`${guest}/sponsors`).get()).value[0].id === anna);
await client.api(`${guest}/manager/$ref`).put(link);
check("manager", (await client.api(`${guest}/manager`).get()).id === anna);
check("$expand=manager", (await client.api(guest).expand("manager($select=displayName)").get()).manager.displayName === "Anna Berg");
check("getByIds", (await client.api("/directoryObjects/getByIds").post({ ids: ids.slice(0, 5), types: ["user"] })).value.length === 5);

// Groups.
const unified = await client.api("/groups").filter("groupTypes/any(c:c eq 'Unified')").get();
check("Unified", unified.value.length > 0 && unified.value.every((one) => one.groupTypes.includes("Unified")), unified.value.length);
const group = await client.api("/groups").post({ displayName: `JS ${run}`, mailNickname: `js-${run}`, mailEnabled: false, securityEnabled: true });
const bound = (list) => list.map((id) => `https://graph.microsoft.com/v1.0/directoryObjects/${id}`);
await client.api(`/groups/${group.id}`).patch({ "members@odata.bind": bound(ids.slice(0, 20)) });
await refused(client.api(`/groups/${group.id}`).patch({ "members@odata.bind": bound(ids.slice(19, 22)) }), 400, "Request_BadRequest");
check("all or nothing", (await client.api(`/groups/${group.id}/members`).get()).value.length === 20);
check("members as users", (await client.api(`/groups/${group.id}/members/microsoft.graph.user`).select("id,mail").top(5).get()).value.length === 5);
await client.api(`/groups/${group.id}/members/${ids[0]}/$ref`).delete();

// Delete, look, restore, delete for good.
for (const id of ids.slice(0, 22)) await client.api(`/users/${id}`).delete();
for (const cast of ["graph.user", "microsoft.graph.user"]) {
    const deleted = await client.api(`/directory/deletedItems/${cast}`).top(999).get();
    check(cast, ids.slice(0, 22).every((id) => deleted.value.some((one) => one.id === id)), deleted.value.length);
}
check("restored", (await client.api(`/directory/deletedItems/${ids[0]}/restore`).post({})).id === ids[0]);
await client.api(`/directory/deletedItems/${ids[1]}`).delete();
await refused(client.api(`/directory/deletedItems/${ids[1]}`).get(), 404, "Request_ResourceNotFound");
await client.api(`/groups/${group.id}`).delete();

console.log(`JavaScript client: ${good} of ${good + bad}`);
process.exitCode = bad > 0 ? 1 : 0;
