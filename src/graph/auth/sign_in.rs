//! Makes the tokens for a way to sign in.
//!
//! Must not choose the way: it has been chosen, and its values found, before.

use super::{
    catalogue as codes,
    certificate::{Certificate, SignedAssertion},
    failures::{as_error, refusal},
    interactive::Person,
    managed_identity::ManagedIdentity,
    method::Method,
    sign_in_context::{LONGEST_SIGN_IN, SignInContext},
    static_token::StaticToken,
    tokens::{Challenged, CredentialSource, Tokens},
    transport::Authority,
    workload::WorkloadAssertion,
};
use crate::{
    children,
    clock::Clock,
    failure::Result,
    graph::{base_url::BaseUrl, fault::Fault, http_client::HttpOptions},
    secrets,
};
use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};

/// `az` is slow to start on a busy machine.
const LONGEST_CLI: Duration = Duration::from_secs(60);
/// A person may take this long for a device code; everything else is quick.
const LONGEST_PERSON: Duration = Duration::from_secs(31 * 60);

/// Everything that signing in needs.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub method: Method,
    /// A domain or an id; a given token has its own.
    pub tenant: Option<String>,
    pub authority_url: BaseUrl,
    /// The Graph base, for which the tokens are requested.
    pub graph_url: BaseUrl,
    pub http: HttpOptions,
    pub clock: Clock,
}

impl SignIn {
    /// The tokens, shared by all requests. Nothing is sent yet; files that are needed are checked.
    pub(crate) fn tokens(self) -> Result<Tokens> {
        let scope = format!("{}/.default", self.graph_url);
        let authority = Authority::new(self.authority_url.clone(), &self.http, self.clock.clone())?;
        let longest = match self.method {
            Method::Person { .. } => Some(LONGEST_PERSON),
            Method::AzureCli => Some(LONGEST_CLI),
            _ => None,
        };
        let challenged = match self.method {
            Method::AzureCli => Challenged::Cannot(codes::CHALLENGED_CLI),
            Method::Token(_) => Challenged::Cannot(codes::CHALLENGED_TOKEN),
            Method::ManagedIdentity { .. } => Challenged::Cannot(codes::CHALLENGED_MACHINE),
            _ => Challenged::Asks(authority.claims.clone()),
        };
        let tokens = Tokens::new(self.source(authority)?, scope).when_challenged(challenged);
        Ok(match longest {
            Some(longest) => tokens.taking(longest),
            None => tokens,
        })
    }

    fn source(self, authority: Authority) -> Result<CredentialSource> {
        let Self {
            method,
            tenant,
            clock,
            ..
        } = self;
        Ok(match method {
            Method::ClientSecret { client_id, secret } => {
                let tenant = needed(tenant)?;
                anew(move || {
                    secrets::remember(&secret);
                    let options = ClientSecretCredentialOptions {
                        client_options: authority.client_options(),
                    };
                    let secret = Secret::new(secret.expose_secret().to_owned());
                    ClientSecretCredential::new(&tenant, client_id.clone(), secret, Some(options))
                })
            }
            Method::Certificate { client_id, path } => {
                let tenant = needed(tenant)?;
                // Checked now, so that a wrong file is reported at the start.
                Certificate::read(&path)?.check(clock.now())?;
                let audience = authority
                    .url(&format!("{tenant}/oauth2/v2.0/token"))
                    .to_string();
                anew(move || {
                    let assertion = SignedAssertion {
                        certificate: Certificate::read(&path).map_err(as_error)?,
                        client_id: client_id.clone(),
                        audience: audience.clone(),
                        clock: clock.clone(),
                    };
                    by_assertion(&authority, &tenant, &client_id, assertion)
                })
            }
            Method::Workload {
                client_id,
                workload,
            } => {
                let tenant = needed(tenant)?;
                anew(move || {
                    let assertion = WorkloadAssertion {
                        workload: workload.clone(),
                        authority: authority.clone(),
                    };
                    by_assertion(&authority, &tenant, &client_id, assertion)
                })
            }
            Method::ManagedIdentity {
                app_service,
                client_id,
            } => always(ManagedIdentity::new(authority, app_service, client_id)?),
            Method::AzureCli => anew(move || {
                let options = AzureCliCredentialOptions {
                    tenant_id: tenant.clone(),
                    executor: Some(Arc::new(children::Runner)),
                    ..AzureCliCredentialOptions::default()
                };
                AzureCliCredential::new(Some(options))
            }),
            Method::Person {
                client_id,
                ask,
                prompt,
            } => {
                let tenant = tenant.unwrap_or_else(|| "organizations".to_owned());
                let context = SignInContext {
                    authority,
                    tenant,
                    client_id,
                    prompt,
                    longest: LONGEST_SIGN_IN,
                };
                always(Person::new(context, ask))
            }
            Method::Token(token) => always(StaticToken::new(token, clock)),
        })
    }
}

fn by_assertion<A: ClientAssertion + 'static>(
    authority: &Authority,
    tenant: &str,
    client_id: &str,
    assertion: A,
) -> azure_core::Result<Arc<ClientAssertionCredential<A>>> {
    let options = ClientAssertionCredentialOptions {
        client_options: authority.client_options(),
    };
    ClientAssertionCredential::new(
        tenant.to_owned(),
        client_id.to_owned(),
        assertion,
        Some(options),
    )
}

/// A credential that is made again for each refresh, because the credentials of `azure_identity` cache their tokens.
fn anew<C: TokenCredential + 'static>(
    make: impl Fn() -> azure_core::Result<Arc<C>> + Send + Sync + 'static,
) -> CredentialSource {
    Arc::new(move || match make() {
        Ok(credential) => Ok(credential as Arc<dyn TokenCredential>),
        Err(error) => Err(super::failures::own_fault(&error)
            .unwrap_or_else(|| refusal(codes::SIGN_IN_INCOMPLETE, error.to_string()))),
    })
}

/// A credential that does not cache its tokens, so it can be used for each refresh.
fn always<C: TokenCredential + 'static>(credential: C) -> CredentialSource {
    let credential: Arc<dyn TokenCredential> = Arc::new(credential);
    Arc::new(move || Ok(credential.clone()))
}

fn needed(tenant: Option<String>) -> std::result::Result<String, Fault> {
    tenant.ok_or_else(|| refusal(codes::SIGN_IN_INCOMPLETE, "a tenant is needed"))
}
