//! Resolves which tenant is meant, on which hosts it is, and how to sign in.
//!
//! Must not ask the tenant: two names that may be one tenant are both kept.

use super::{
    AuthSettings, BaseUrl, Cloud, Sourced, TenantName, TenantSettings, layers::Layers,
    values::words,
};
use crate::{
    failure::{Failure, Result},
    graph::auth::MethodName,
    one_word::OneWord,
    settings::ConnectionFlags,
};

pub(super) fn tenant(
    layers: &mut Layers<'_>,
    flag: Option<TenantName>,
    flags: &ConnectionFlags,
) -> Result<TenantSettings> {
    let named = layers.all(("tenant", "id"), flag, Some("AZURE_TENANT_ID"), |text| {
        text.parse()
    })?;
    let (id, second_name) = agree(named)?;
    let cloud = layers.value(("tenant", "cloud"), None, OneWord::from_word, Cloud::Global)?;
    let of_cloud = |url: &str, parse: fn(&str) -> std::result::Result<BaseUrl, String>| {
        parse(url)
            .map(|url| Sourced::new(url, cloud.source.clone()))
            .map_err(Failure::usage)
    };
    let graph_url = layers.optional(
        ("tenant", "graph_url"),
        flags.graph_url.clone(),
        None,
        BaseUrl::graph,
    )?;
    let graph_url = match graph_url {
        Some(url) => url,
        None => of_cloud(cloud.value.graph_url(), BaseUrl::graph)?,
    };
    layers.in_force(("tenant", "graph_url"), &graph_url);
    let authority_url = layers.optional(
        ("tenant", "authority_url"),
        flags.authority_url.clone(),
        Some("AZURE_AUTHORITY_HOST"),
        BaseUrl::authority,
    )?;
    let authority_url = match authority_url {
        // A cloud that was named is a setting, and settings come before the AZURE_* family.
        Some(url) if url.is_named() || !cloud.is_named() => url,
        _ => of_cloud(cloud.value.authority_url(), BaseUrl::authority)?,
    };
    layers.in_force(("tenant", "authority_url"), &authority_url);
    same_cloud(&graph_url, &authority_url)?;
    let ca_file = layers.path(("tenant", "ca_file"), flags.ca_file.clone(), None)?;
    Ok(TenantSettings {
        id,
        second_name,
        cloud,
        graph_url,
        authority_url,
        ca_file,
    })
}

/// The name that takes precedence, and a second name of the other kind (domain or id) if one was given.
#[expect(clippy::type_complexity, reason = "a pair of what the caller stores")]
fn agree(
    named: Vec<Sourced<TenantName>>,
) -> Result<(Option<Sourced<TenantName>>, Option<Sourced<TenantName>>)> {
    for (at, one) in named.iter().enumerate() {
        for other in &named[at + 1..] {
            if one.value.contradicts(&other.value) {
                return Err(Failure::usage(format!(
                    "two different tenants are named: {one} and {other}"
                ))
                .hint("take one of them away, so that it is certain who is meant"));
            }
        }
    }
    let mut named = named.into_iter();
    let id = named.next();
    let second_name = named.find(|other| id.as_ref().is_some_and(|id| id.value != other.value));
    Ok((id, second_name))
}

/// A token of one cloud is not valid in another, so both hosts must be in the same cloud.
fn same_cloud(graph: &Sourced<BaseUrl>, authority: &Sourced<BaseUrl>) -> Result<()> {
    let clouds = <Cloud as clap::ValueEnum>::value_variants();
    let of_graph = |cloud: &&Cloud| cloud.graph_url() == graph.value.as_str();
    let of_authority = |cloud: &&Cloud| cloud.authority_url() == authority.value.as_str();
    let known = clouds.iter().any(|cloud| of_graph(&cloud))
        && clouds.iter().any(|cloud| of_authority(&cloud));
    if known
        && !clouds
            .iter()
            .any(|cloud| of_graph(&cloud) && of_authority(&cloud))
    {
        return Err(Failure::usage(format!(
            "Graph and sign-in are of different clouds: {graph} and {authority}"
        ))
        .hint("set `cloud` below [tenant], which sets both"));
    }
    Ok(())
}

pub(super) fn auth(layers: &mut Layers<'_>) -> Result<AuthSettings> {
    Ok(AuthSettings {
        method: layers.value(
            ("auth", "method"),
            None,
            OneWord::from_word,
            MethodName::Auto,
        )?,
        client_id: layers.optional(("auth", "client_id"), None, Some("AZURE_CLIENT_ID"), words)?,
        client_secret: layers.secret(("auth", "client_secret"), Some("AZURE_CLIENT_SECRET"))?,
        certificate: layers.path(
            ("auth", "certificate"),
            None,
            Some("AZURE_CLIENT_CERTIFICATE_PATH"),
        )?,
        federated_token_file: layers.path(
            ("auth", "federated_token_file"),
            None,
            Some("AZURE_FEDERATED_TOKEN_FILE"),
        )?,
        access_token: layers.token("auth", "GUESTLIST_ACCESS_TOKEN"),
    })
}
