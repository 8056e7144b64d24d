// A preload for CLI for Microsoft 365, whose hosts are fixed: its connections to Microsoft's hosts go to the practice
// tenant. NODE_OPTIONS="--require …/redirect.cjs"; the names stay, so that the certificate is checked against them.
const tls = require("node:tls");

const practice = new URL(process.env.GUESTLIST_TENANT_GRAPH_URL);
const hosts = new Set(["graph.microsoft.com", "login.microsoftonline.com"]);
const connect = tls.connect;

tls.connect = function (...given) {
    const options = typeof given[0] === "object" ? given[0] : undefined;
    const host = options?.host ?? options?.servername;
    if (hosts.has(host)) {
        given[0] = { ...options, host: practice.hostname, port: practice.port, servername: host };
    }
    return connect.apply(this, given);
};
