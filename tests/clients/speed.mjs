// How fast Microsoft's client for JavaScript invites, beside `guestlist invite`. README.md says how.

import { randomUUID } from "node:crypto";
import { ClientSecretCredential } from "@azure/identity";
import { Client } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const url = process.env.GUESTLIST_TENANT_GRAPH_URL;
const guests = Number(process.argv[2] ?? 2000);
const abreast = Number(process.argv[3] ?? 16);
const run = randomUUID().slice(0, 6);
const credential = new ClientSecretCredential(process.env.AZURE_TENANT_ID, process.env.AZURE_CLIENT_ID, process.env.AZURE_CLIENT_SECRET, {
    authorityHost: url,
    disableInstanceDiscovery: true,
});
const client = Client.initWithMiddleware({
    baseUrl: url,
    customHosts: new Set([new URL(url).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: ["https://graph.microsoft.com/.default"] }),
});

let next = 0;
async function worker() {
    while (next < guests) {
        const number = next++;
        const made = await client.api("/invitations").post({
            invitedUserEmailAddress: `js${number}.${run}@partner.example`,
            invitedUserDisplayName: `Speed ${number}`,
            inviteRedirectUrl: "https://myapplications.microsoft.com",
            sendInvitationMessage: true,
        });
        if (!made.inviteRedeemUrl) throw new Error("no link");
    }
}

const begin = performance.now();
await Promise.all(Array.from({ length: abreast }, worker));
const seconds = (performance.now() - begin) / 1000;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const cpu = (userCPUTime + systemCPUTime) / 1000 / guests;
console.log(
    `${guests} guests, ${abreast} at once: ${seconds.toFixed(1)} s, ${Math.round(guests / seconds)} a second, ` +
        `${cpu.toFixed(2)} ms of CPU each, ${Math.round(maxRSS / 1024)} MB`,
);
