//! Finds a tenant's id from its domain, in the public discovery document. This needs no sign-in.

use super::{catalogue as codes, failures::fault_of, transport::Authority};
use crate::graph::{
    fault::{Class, Fault},
    odata,
};
use uuid::Uuid;

/// The tenant's id. If an id is given, nothing is looked up.
pub(crate) async fn tenant_id(authority: &Authority, domain_or_id: &str) -> Result<String, Fault> {
    if let Ok(id) = Uuid::try_parse(domain_or_id) {
        return Ok(id.to_string());
    }
    let url = authority.url(&format!(
        "{}/v2.0/.well-known/openid-configuration",
        odata::encode(domain_or_id)
    ));
    let document = match authority.get_own_json(url).await {
        Ok(document) => document,
        Err(error) => {
            let mut fault = fault_of(&error).fault;
            // The service answers 400 with a number; some gateways answer only 404.
            let refused = fault.class == Class::SignIn && fault.status == Some(400);
            if refused || fault.status == Some(404) {
                fault.code = codes::UNKNOWN_TENANT;
                fault.class = Class::SignIn;
            }
            return Err(fault);
        }
    };
    document["issuer"]
        .as_str()
        .into_iter()
        .chain(document["token_endpoint"].as_str())
        .flat_map(|url| url.split('/'))
        .find_map(|part| Uuid::try_parse(part).ok())
        .map(|id| id.to_string())
        .ok_or_else(|| {
            Fault::new(
                codes::UNKNOWN_TENANT,
                Class::SignIn,
                "the discovery document names no tenant id",
            )
        })
}
