//! From the settings to a signed-in client for the tenant that is meant, and for no other tenant.
//!
//! Sends nothing but token requests and reads of public or organization data.

use super::{proxy, sign_in};
use crate::{
    clock::Clock,
    directory::Domains,
    events,
    exit::Exit,
    failure::{Failure, Result, fragment},
    graph::{
        BaseUrl, Class, Fault, Graph, GraphConfig, Identity, IdentityKind, Organization, Tokens,
        auth::{
            self, Authority, CredentialSource, SignIn, UsedMethod,
            advice::{self, Refusal},
        },
        cloud::{self, Abilities},
        http_client::HttpOptions,
    },
    ledger::Tenant,
    one_word::OneWord,
    pace::Pace,
    sandbox::Sandbox,
    settings::{Env, Settings, Sourced, TenantName},
    ui,
};
use std::sync::Arc;

/// A signed-in client, and what is known about who signed in and about the tenant.
pub(super) struct Connection {
    pub graph: Graph,
    pub identity: Identity,
    pub tenant: Tenant,
    /// The tenant's initial or default domain, for showing.
    pub domain: Option<String>,
    pub domains: Domains,
    /// Whether the organization could be read; if not, the tenant's own domains are unknown.
    pub organization_read: bool,
    /// Whether this is an external tenant, as far as the organization could be read: Microsoft mails nobody there.
    pub is_external: bool,
    pub method: auth::MethodName,
}

impl Connection {
    /// How to get into the tenant that is meant, for the way in which the sign-in was made.
    fn other_tenant(&self, meant: &Sourced<TenantName>) -> Option<String> {
        let advice = advice::advice(Refusal::OtherTenant, self.graph.method()?, None)?;
        let named = meant.value.to_string();
        Some(fragment(&advice.fix).replace("TENANT", &named))
    }

    /// The tenant by name and domain.
    pub(super) fn place(&self) -> String {
        let name = self.tenant.name.as_deref().unwrap_or(&self.tenant.id);
        match &self.domain {
            Some(domain) => format!("{name} ({domain})"),
            None => name.to_owned(),
        }
    }

    /// Who is signed in, and how, in words.
    pub(super) fn signed_in_as(&self) -> String {
        let Self {
            identity, method, ..
        } = self;
        let name = identity
            .name
            .as_deref()
            .or(identity.app_id.as_deref())
            .unwrap_or("somebody whom the token does not name");
        match identity.kind {
            IdentityKind::AppOnly => format!("the app {name} ({method})"),
            IdentityKind::Delegated => format!("{name} ({method})"),
            IdentityKind::Unknown => {
                format!("{name} ({method}; the token does not say whether user or app)")
            }
        }
    }
}

pub(super) async fn connect(
    settings: &Settings,
    env: &Env<'_>,
    pace: &Pace,
    clock: &Clock,
    practice: Option<&Sandbox>,
) -> Result<Connection> {
    if !abilities(settings).invitations {
        return Err(Failure::usage(format!(
            "the cloud of {} has no guest invitations; nothing was sent",
            settings.tenant.graph_url
        ))
        .hint("correct --graph-url or [tenant] cloud, if another cloud is meant"));
    }
    let signed_in = sign_in(settings, env, pace, clock, practice).await?;
    let reached = signed_in.reach().await?;
    let Connection { tenant, domain, .. } = &reached.connection;
    events::tenant(&tenant.id, tenant.name.as_deref(), domain.as_deref());
    reached.is_meant(settings).await?;
    Ok(reached.connection)
}

/// The connection of a run that ended before Graph was reached: it can send nothing. `tenant` is the ledger's.
pub(super) fn unreached(
    settings: &Settings,
    pace: &Pace,
    clock: &Clock,
    tenant: Option<Tenant>,
) -> Result<Connection> {
    let source: CredentialSource = Arc::new(|| Err(Fault::run_stopped()));
    let config = GraphConfig {
        base_url: settings.tenant.graph_url.value.clone(),
        http: HttpOptions::default(),
        clock: clock.clone(),
        abilities: Some(abilities(settings)),
    };
    Ok(Connection {
        graph: Graph::new(config, Tokens::new(source, ""), pace.clone())?,
        identity: Identity::default(),
        tenant: tenant.unwrap_or(Tenant {
            id: String::new(),
            name: None,
        }),
        domain: None,
        domains: Domains::default(),
        organization_read: false,
        is_external: false,
        method: settings.auth.method.value,
    })
}

/// The method that settings and environment ask for, for somebody who cannot sign in yet. None: nothing tells.
pub(super) fn method_meant(settings: &Settings, env: &Env<'_>) -> Option<auth::MethodName> {
    let named = settings.auth.method.value;
    if named != auth::MethodName::Auto {
        return Some(named);
    }
    let method = sign_in::method(settings, env, true).ok()?.name();
    // `auto` ends there when nothing else was found.
    (method != auth::MethodName::AzureCli).then_some(method)
}

/// What the cloud can do. The host and the named cloud must both be able to, because the host may be a gateway to that cloud.
pub(super) fn abilities(settings: &Settings) -> Abilities {
    let tenant = &settings.tenant;
    if settings.invite.sandbox.value {
        return cloud::ALL;
    }
    let named = BaseUrl::graph(tenant.cloud.value.graph_url());
    cloud::abilities(&tenant.graph_url.value)
        .and(named.map_or(cloud::ALL, |url| cloud::abilities(&url)))
}

/// There is a token. Its tenant is not known yet.
pub(super) struct SignedIn {
    pub graph: Graph,
    pub identity: Identity,
    pub method: auth::MethodName,
    graph_url: BaseUrl,
    authority: Authority,
}

/// A tenant was reached. Whether it is the one that is meant has not been checked yet.
pub(super) struct Reached {
    pub connection: Connection,
    organization: Option<Organization>,
    authority: Authority,
}

pub(super) async fn sign_in(
    settings: &Settings,
    env: &Env<'_>,
    pace: &Pace,
    clock: &Clock,
    practice: Option<&Sandbox>,
) -> Result<SignedIn> {
    let http = HttpOptions {
        ca_file: settings
            .tenant
            .ca_file
            .as_ref()
            .map(|file| file.value.clone()),
        proxy: proxy::named(env).and_then(|named| named.proxy),
        ..HttpOptions::default()
    };
    let (graph_url, authority_url) = match practice {
        Some(sandbox) => {
            let url = BaseUrl::graph(&sandbox.url).map_err(Failure::usage)?;
            (url.clone(), url)
        }
        None => (
            settings.tenant.graph_url.value.clone(),
            settings.tenant.authority_url.value.clone(),
        ),
    };
    let method = match practice {
        Some(sandbox) => auth::Method::Token(sandbox.user_token.clone().into()),
        None => sign_in::method(
            settings,
            env,
            ui::stdin_is_terminal() && ui::stderr_is_terminal(),
        )?,
    };
    let name = method.name();
    let used = UsedMethod::of(&method);
    let meant = settings.tenant.id.as_ref();
    let app = matches!(
        method,
        auth::Method::ClientSecret { .. }
            | auth::Method::Certificate { .. }
            | auth::Method::Workload { .. }
    );
    if app && meant.is_none() {
        return Err(Failure::usage(format!(
            "signing in by {name} needs the tenant's name"
        ))
        .hint("name its domain or id: --tenant, GUESTLIST_TENANT_ID, AZURE_TENANT_ID, or id in [tenant]"));
    }
    let sign_in = SignIn {
        method,
        tenant: practice
            .map(|sandbox| sandbox.tenant_id.clone())
            .or(meant.map(|tenant| tenant.value.to_string())),
        authority_url: authority_url.clone(),
        graph_url: graph_url.clone(),
        http: http.clone(),
        clock: clock.clone(),
    };
    let signed_in = async {
        let tokens = sign_in.tokens()?.hearing(pace.stop().clone());
        // The practice tenant's own sign-in is nobody's to change.
        let tokens = match practice {
            Some(_) => tokens,
            None => tokens.advised_for(used.clone()),
        };
        let identity = tokens.identity().await.map_err(|fault| {
            events::sign_in_failed(&name.word(), Some(fault.code.as_str()));
            reached("sign-in", &authority_url, fault)
        })?;
        let kind = match identity.kind {
            IdentityKind::AppOnly => "app",
            IdentityKind::Delegated => "user",
            IdentityKind::Unknown => "unknown",
        };
        let (app, object) = (identity.app_id.as_deref(), identity.object_id.as_deref());
        events::signed_in(&name.word(), kind, app, object);
        Ok((tokens, identity))
    };
    let (tokens, identity) =
        signed_in.await.map_err(|failure: Failure| {
            match sign_in::picked(settings, used.name()).filter(|_| practice.is_none()) {
                Some(picked) => failure.hint(picked),
                None => failure,
            }
        })?;
    let config = GraphConfig {
        base_url: graph_url.clone(),
        http: http.clone(),
        clock: clock.clone(),
        abilities: Some(abilities(settings)),
    };
    Ok(SignedIn {
        graph: Graph::new(config, tokens, pace.clone())?,
        identity,
        method: used.name(),
        graph_url,
        authority: Authority::new(authority_url, &http, clock.clone())?,
    })
}

impl SignedIn {
    pub(super) async fn reach(self) -> Result<Reached> {
        let Self {
            graph,
            identity,
            method,
            graph_url,
            authority,
        } = self;
        let organization = match graph.organization().await {
            Ok(organization) => Some(organization),
            // An app with the least permissions may not read it. The run goes on with "cannot tell".
            Err(fault) if fault.class == Class::Permission && identity.tenant_id.is_some() => None,
            Err(fault) => return Err(reached("Graph", &graph_url, fault)),
        };
        let id = organization
            .as_ref()
            .map(|organization| organization.id.clone())
            .or_else(|| identity.tenant_id.clone())
            .ok_or_else(|| {
                Failure::new(
                    Exit::Permission,
                    "neither the token nor Graph says which tenant this is",
                )
            })?;
        let tenant = Tenant {
            id,
            name: organization
                .as_ref()
                .and_then(|organization| organization.display_name.clone()),
        };
        let connection = Connection {
            domain: organization
                .as_ref()
                .and_then(|organization| domain(organization).map(str::to_owned)),
            domains: organization.as_ref().map(Domains::of).unwrap_or_default(),
            organization_read: organization.is_some(),
            is_external: organization.as_ref().is_some_and(Organization::is_external),
            graph,
            identity,
            tenant,
            method,
        };
        Ok(Reached {
            connection,
            organization,
            authority,
        })
    }
}

impl Reached {
    /// The tenant that was reached must be the one that was named.
    pub(super) async fn is_meant(&self, settings: &Settings) -> Result<()> {
        let Connection {
            tenant, identity, ..
        } = &self.connection;
        let organization = self.organization.as_ref();
        let Some(meant) = &settings.tenant.id else {
            return Ok(());
        };
        if let Some(elsewhere) =
            other_tenant(meant, tenant, identity, organization, &self.authority).await?
        {
            return Err(Failure::usage(format!(
                "the tenant meant is {meant}, and the sign-in leads to another one: {elsewhere}"
            ))
            .hint(format!(
                "sign in to the tenant that is meant, or correct {}; nothing was sent",
                meant.source.place()
            ))
            .hints(self.connection.other_tenant(meant)));
        }
        if let Some(also) = &settings.tenant.second_name
            && let Some(_) =
                other_tenant(also, tenant, identity, organization, &self.authority).await?
        {
            return Err(Failure::usage(format!(
                "two different tenants are named: {meant} and {also}"
            ))
            .hint("remove the wrong one; nothing was sent"));
        }
        Ok(())
    }
}

/// When nobody answered, the failure names the host that was asked.
fn reached(host: &str, url: &BaseUrl, fault: Fault) -> Failure {
    let between = fault.is_from_between();
    let unreached = fault.status.is_none() && fault.exit() == Exit::TryAgain;
    let mut failure = Failure::from(fault);
    if between {
        failure.what.push_str("; nothing was sent");
    }
    if unreached || between {
        failure.hint(format!("the {host} host asked is {url}"))
    } else {
        failure
    }
}

fn domain(organization: &Organization) -> Option<&str> {
    let default = organization
        .verified_domains
        .iter()
        .find(|domain| domain.is_default);
    default
        .map(|domain| domain.name.as_str())
        .or_else(|| organization.initial_domain())
}

/// The tenant that was reached, if it is not the one that was named.
async fn other_tenant(
    named: &Sourced<TenantName>,
    reached: &Tenant,
    identity: &Identity,
    organization: Option<&Organization>,
    authority: &Authority,
) -> Result<Option<String>> {
    let meant = match &named.value {
        TenantName::Id(id) => id.to_string(),
        TenantName::Domain(domain) => {
            let own = organization.is_some_and(|organization| {
                organization
                    .verified_domains
                    .iter()
                    .any(|own| own.name.eq_ignore_ascii_case(domain))
            });
            if own {
                reached.id.clone()
            } else {
                auth::tenant_id(authority, domain).await?
            }
        }
    };
    let token_elsewhere = identity
        .tenant_id
        .as_ref()
        .is_some_and(|id| !id.eq_ignore_ascii_case(&meant));
    if meant.eq_ignore_ascii_case(&reached.id) && !token_elsewhere {
        return Ok(None);
    }
    let elsewhere = identity
        .tenant_id
        .as_ref()
        .filter(|_| token_elsewhere)
        .unwrap_or(&reached.id);
    let name = reached
        .name
        .as_ref()
        .filter(|_| *elsewhere == reached.id)
        .map(|name| format!("{name}, "))
        .unwrap_or_default();
    Ok(Some(format!("{name}{elsewhere}")))
}
