//! The ways to sign in, and which of them is meant.
//!
//! Must not read the environment: what was found there is passed in.

use super::{
    catalogue as codes,
    failures::refusal,
    interactive::Ask,
    managed_identity::AppService,
    method_name::MethodName,
    sign_in_context::Prompt,
    workload::{AzurePipelines, GitHubActions, Workload},
};
use crate::graph::fault::Fault;
use secrecy::SecretString;
use std::{fmt, path::PathBuf, sync::Arc};

/// A way to sign in, with what it needs.
#[derive(Clone)]
pub(crate) enum Method {
    ClientSecret {
        client_id: String,
        secret: SecretString,
    },
    /// A PEM file with certificate and key.
    Certificate { client_id: String, path: PathBuf },
    /// A token of the workload's own platform.
    Workload {
        client_id: String,
        workload: Workload,
    },
    ManagedIdentity {
        app_service: Option<AppService>,
        client_id: Option<String>,
    },
    /// The Azure CLI's own sign-in; always a user or app that somebody signed in with `az login`.
    AzureCli,
    /// Somebody at a screen.
    Person {
        client_id: String,
        ask: Ask,
        prompt: Arc<dyn Prompt>,
    },
    /// A token that somebody got elsewhere.
    Token(SecretString),
}

impl Method {
    pub(crate) fn name(&self) -> MethodName {
        match self {
            Self::ClientSecret { .. } => MethodName::ClientSecret,
            Self::Certificate { .. } => MethodName::Certificate,
            Self::Workload { workload, .. } => match workload {
                Workload::File(_) => MethodName::WorkloadIdentity,
                Workload::GitHubActions(_) => MethodName::GitHubActions,
                Workload::AzurePipelines(_) => MethodName::AzurePipelines,
            },
            Self::ManagedIdentity { .. } => MethodName::ManagedIdentity,
            Self::AzureCli => MethodName::AzureCli,
            Self::Person { ask, .. } => match ask {
                Ask::DeviceCode => MethodName::DeviceCode,
                Ask::Browser | Ask::BrowserElseCode => MethodName::Browser,
            },
            Self::Token(_) => MethodName::Token,
        }
    }
}

/// The way in which a sign-in is made. Whether it is the browser or a code is known only once no browser opens.
#[derive(Clone)]
pub(crate) struct UsedMethod {
    name: MethodName,
    prompt: Option<Arc<dyn Prompt>>,
}

impl UsedMethod {
    pub(crate) fn of(method: &Method) -> Self {
        Self {
            name: method.name(),
            prompt: match method {
                Method::Person { prompt, .. } => Some(prompt.clone()),
                _ => None,
            },
        }
    }

    pub(crate) fn name(&self) -> MethodName {
        match &self.prompt {
            Some(prompt) if prompt.has_shown_code() => MethodName::DeviceCode,
            _ => self.name,
        }
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.name())
    }
}

/// Everything that settings and environment have to offer for signing in.
#[derive(Clone, Default)]
pub(crate) struct CredentialInputs {
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    pub certificate: Option<PathBuf>,
    /// `AZURE_FEDERATED_TOKEN_FILE`
    pub token_file: Option<PathBuf>,
    pub github: Option<GitHubActions>,
    pub pipelines: Option<AzurePipelines>,
    pub app_service: Option<AppService>,
    /// `GUESTLIST_ACCESS_TOKEN`
    pub access_token: Option<SecretString>,
    /// Where somebody sits at a screen.
    pub prompt: Option<Arc<dyn Prompt>>,
}

impl CredentialInputs {
    /// The way that is named, with what it needs.
    pub(crate) fn named(&self, name: MethodName) -> Result<Method, Fault> {
        let missing = |what: &str| {
            refusal(
                codes::SIGN_IN_INCOMPLETE,
                format!("[auth] method = \"{name}\" needs {what}"),
            )
        };
        let client_id = || self.client_id.clone().ok_or_else(|| missing("a client id"));
        let workload = |workload: Option<Workload>, what: &str| {
            let workload = workload.ok_or_else(|| missing(what))?;
            Ok(Method::Workload {
                client_id: client_id()?,
                workload,
            })
        };
        let person = |ask| {
            let prompt = self.prompt.clone().ok_or_else(|| missing("a terminal"))?;
            Ok(Method::Person {
                client_id: client_id()?,
                ask,
                prompt,
            })
        };
        match name {
            MethodName::ClientSecret => {
                let secret = self
                    .client_secret
                    .clone()
                    .ok_or_else(|| missing("a client secret"))?;
                Ok(Method::ClientSecret {
                    client_id: client_id()?,
                    secret,
                })
            }
            MethodName::Certificate => {
                let path = self
                    .certificate
                    .clone()
                    .ok_or_else(|| missing("a certificate"))?;
                Ok(Method::Certificate {
                    client_id: client_id()?,
                    path,
                })
            }
            MethodName::WorkloadIdentity => workload(
                self.token_file.clone().map(Workload::File),
                "AZURE_FEDERATED_TOKEN_FILE",
            ),
            MethodName::GitHubActions => workload(
                self.github.clone().map(Workload::GitHubActions),
                "`permissions: id-token: write`, which sets ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN",
            ),
            MethodName::AzurePipelines => workload(
                self.pipelines.clone().map(Workload::AzurePipelines),
                "SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN and a service connection",
            ),
            MethodName::ManagedIdentity => Ok(Method::ManagedIdentity {
                app_service: self.app_service.clone(),
                client_id: self.client_id.clone(),
            }),
            MethodName::AzureCli => Ok(Method::AzureCli),
            MethodName::Browser => person(Ask::Browser),
            MethodName::DeviceCode => person(Ask::DeviceCode),
            MethodName::Token => {
                let token = self.access_token.clone();
                token
                    .map(Method::Token)
                    .ok_or_else(|| missing("GUESTLIST_ACCESS_TOKEN"))
            }
            MethodName::Auto => Ok(self.auto()),
        }
    }

    /// The first way for which everything is there; on a terminal then a person, else whoever is signed in
    /// to the Azure CLI.
    pub(crate) fn auto(&self) -> Method {
        const PROVIDED: [MethodName; 6] = [
            MethodName::Token,
            MethodName::ClientSecret,
            MethodName::Certificate,
            MethodName::WorkloadIdentity,
            MethodName::GitHubActions,
            MethodName::AzurePipelines,
        ];
        if let Some(method) = PROVIDED.iter().find_map(|name| self.named(*name).ok()) {
            return method;
        }
        if self.app_service.is_some() {
            let (app_service, client_id) = (self.app_service.clone(), self.client_id.clone());
            return Method::ManagedIdentity {
                app_service,
                client_id,
            };
        }
        match (&self.client_id, &self.prompt) {
            (Some(client_id), Some(prompt)) => Method::Person {
                client_id: client_id.clone(),
                ask: Ask::BrowserElseCode,
                prompt: prompt.clone(),
            },
            _ => Method::AzureCli,
        }
    }
}

impl fmt::Debug for CredentialInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialInputs({})", self.auto().name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl Prompt for Nobody {
        fn browse(&self, _: &str) -> bool {
            false
        }

        fn show_code(&self, _: &super::super::sign_in_context::DeviceCode) {}
    }

    #[test]
    fn auto_takes_what_is_complete_and_a_person_last() {
        let mut found = CredentialInputs::default();
        assert_eq!(found.auto().name(), MethodName::AzureCli);
        found.client_secret = Some("s".into());
        assert_eq!(
            found.auto().name(),
            MethodName::AzureCli,
            "a secret without its app is nothing"
        );
        found.prompt = Some(Arc::new(Nobody));
        found.app_service = Some(AppService {
            endpoint: "http://localhost:1".into(),
            header: "h".into(),
        });
        assert_eq!(found.auto().name(), MethodName::ManagedIdentity);
        found.app_service = None;
        found.client_secret = None;
        found.client_id = Some("app".into());
        assert_eq!(found.auto().name(), MethodName::Browser);
        found.token_file = Some("/t".into());
        assert_eq!(found.auto().name(), MethodName::WorkloadIdentity);
        found.client_secret = Some("s".into());
        assert_eq!(found.auto().name(), MethodName::ClientSecret);
        found.access_token = Some("t".into());
        assert_eq!(found.auto().name(), MethodName::Token);
        assert_eq!(
            found.named(MethodName::DeviceCode).unwrap().name(),
            MethodName::DeviceCode
        );
    }

    #[test]
    fn what_a_named_way_lacks_is_said() {
        let found = CredentialInputs {
            client_id: Some("app".into()),
            ..CredentialInputs::default()
        };
        for (name, lacks) in [
            (MethodName::ClientSecret, "secret"),
            (MethodName::Certificate, "certificate"),
            (MethodName::WorkloadIdentity, "AZURE_FEDERATED_TOKEN_FILE"),
            (MethodName::GitHubActions, "id-token"),
            (MethodName::AzurePipelines, "SYSTEM_ACCESSTOKEN"),
            (MethodName::Browser, "terminal"),
            (MethodName::Token, "GUESTLIST_ACCESS_TOKEN"),
        ] {
            let fault = found.named(name).unwrap_err();
            assert!(fault.message.contains(lacks), "{name}: {}", fault.message);
        }
    }
}
