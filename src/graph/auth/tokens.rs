//! One token for all requests, and one task that renews it.
//!
//! A token is renewed in the background well before it expires, while the old one is still used, so a sign-in service that
//! is down for minutes delays nothing. There is at most one renewal at a time, and all requests that need a token wait for
//! it.

use super::{
    catalogue as codes,
    challenge::{Claims, ClaimsToSend},
    claims::Identity,
    failures::{Trouble, fault_of, refusal},
    method::UsedMethod,
    method_name::MethodName,
};
use crate::{
    events::{self, WaitReason},
    graph::fault::Fault,
    pace::{Floor, StopSignal},
    problem::Code,
    secrets,
};
use azure_core::credentials::{AccessToken, TokenCredential};
use futures_util::future::{BoxFuture, FutureExt, Shared};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The new token is asked for this long before the old one ends, or half-way through a short life.
const SOFT: Duration = Duration::from_secs(5 * 60);
/// The old token is not used in its last moments, because clocks differ and requests take time.
const HARD: Duration = Duration::from_secs(30);
/// A refresh gives up after this.
const PATIENCE: Duration = Duration::from_secs(60);
/// A request for a token without an answer is repeated after this time.
const LONGEST_QUESTION: Duration = Duration::from_secs(15);
/// At the start of a run a refresh is given up sooner if the service does not answer, or something else does: then a wrong
/// address or a proxy is more likely than a passing fault.
const FIRST_PATIENCE: Duration = Duration::from_secs(8);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A failed refresh is the answer for all requests of this time, or for as long as the service asks to wait.
const REMEMBERED: Duration = Duration::from_secs(3);

/// Makes the credential that requests a token; a new one each time, because credentials cache their tokens and would return
/// a rejected token again.
pub(crate) type CredentialSource =
    Arc<dyn Fn() -> Result<Arc<dyn TokenCredential>, Fault> + Send + Sync>;

/// A token as it goes into a header.
#[derive(Clone)]
pub(crate) struct Token {
    secret: SecretString,
    soft: Instant,
    hard: Instant,
}

impl Token {
    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Whether both are the same token.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }

    fn new(token: &AccessToken) -> Self {
        let now = Instant::now();
        let left = token.expires_on - azure_core::time::OffsetDateTime::now_utc();
        let left = Duration::try_from(left).unwrap_or_default();
        let secret = SecretString::from(token.token.secret());
        secrets::remember(&secret);
        Self {
            secret,
            soft: now + left.saturating_sub(SOFT.min(left / 2)),
            hard: now + left.saturating_sub(HARD.min(left / 10)),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What is done with the claims of a challenge.
#[derive(Debug, Clone)]
pub(crate) enum Challenged {
    /// They are sent to the token endpoint with the next request.
    Asks(ClaimsToSend),
    /// This way to sign in cannot send them; the code says so.
    Cannot(Code),
}

type Refresh = Shared<BoxFuture<'static, Result<Token, Fault>>>;

/// A cheap handle to the token that all requests share.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Inner>);

struct Inner {
    source: CredentialSource,
    scope: String,
    /// How the sign-in is made, for the advice on refusals.
    method: Option<UsedMethod>,
    /// The longest time of one request for a token.
    longest: Duration,
    stop: StopSignal,
    challenged: Challenged,
    /// The shortest wait after a throttle.
    floor: Floor,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Token>,
    under_way: Option<Refresh>,
    /// Until when a failed refresh is the answer for all requests.
    failed: Option<(Instant, Fault)>,
}

impl Tokens {
    /// `scope` is the Graph base with `/.default`.
    pub(crate) fn new(source: CredentialSource, scope: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            source,
            scope: scope.into(),
            method: None,
            longest: LONGEST_QUESTION,
            stop: StopSignal::default(),
            challenged: Challenged::Cannot(codes::CHALLENGED),
            floor: Floor::default(),
            state: Mutex::new(State::default()),
        }))
    }

    /// The same with more time for one request, because people and tools are slower than services.
    #[must_use]
    pub(crate) fn taking(self, longest: Duration) -> Self {
        self.with(|inner| inner.longest = longest)
    }

    /// The same; no token is requested once this signal is raised.
    #[must_use]
    pub(crate) fn hearing(self, stop: StopSignal) -> Self {
        self.with(|inner| inner.stop = stop)
    }

    /// The same; refusals get the advice for this way of signing in.
    #[must_use]
    pub(crate) fn advised_for(self, method: UsedMethod) -> Self {
        self.with(|inner| inner.method = Some(method))
    }

    pub(crate) fn method(&self) -> Option<MethodName> {
        self.0.method.as_ref().map(UsedMethod::name)
    }

    #[must_use]
    pub(crate) fn when_challenged(self, challenged: Challenged) -> Self {
        self.with(|inner| inner.challenged = challenged)
    }

    /// To be called before the first token is asked for: none is kept.
    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner {
            source: self.0.source.clone(),
            scope: self.0.scope.clone(),
            method: self.0.method.clone(),
            longest: self.0.longest,
            stop: self.0.stop.clone(),
            challenged: self.0.challenged.clone(),
            floor: Floor::default(),
            state: Mutex::new(State::default()),
        };
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// A token that can be used now.
    pub(crate) async fn token(&self) -> Result<Token, Fault> {
        let refresh = {
            let mut state = self.state();
            let now = Instant::now();
            match state.current.clone() {
                Some(token) if now < token.soft => return Ok(token),
                Some(token) if now < token.hard => {
                    if state.failed_lately(now).is_none() {
                        // The renewal goes on in its own task; this caller has a token.
                        drop(self.refreshing(&mut state, None));
                    }
                    return Ok(token);
                }
                _ => {
                    if let Some(fault) = state.failed_lately(now) {
                        return Err(fault);
                    }
                    self.refreshing(&mut state, None)
                }
            }
        };
        refresh.await
    }

    /// Another token than the rejected one, or the same when there is no other. `claims`: what it must be asked for
    /// with.
    pub(crate) async fn refresh(
        &self,
        rejected: &Token,
        claims: Option<Claims>,
    ) -> Result<Token, Fault> {
        let refresh = {
            let mut state = self.state();
            match &state.current {
                Some(token) if !token.is(rejected) => return Ok(token.clone()),
                _ => {
                    if let (Some(_), Challenged::Cannot(code)) = (&claims, &self.0.challenged) {
                        return Err(refusal(*code, "the token was challenged for claims"));
                    }
                    self.refreshing(&mut state, claims)
                }
            }
        };
        refresh.await
    }

    /// Who the token is for, as far as the token shows it.
    pub(crate) async fn identity(&self) -> Result<Identity, Fault> {
        Ok(Identity::of_token(
            self.token().await?.secret().expose_secret(),
        ))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The renewal that is running; it is started if there is none. It is a task of its own, so it goes on even if nothing
    /// waits for it any more.
    fn refreshing(&self, state: &mut State, claims: Option<Claims>) -> Refresh {
        if let Some(refresh) = &state.under_way {
            return refresh.clone();
        }
        let tokens = self.clone();
        let task = tokio::spawn(async move {
            let stop = tokens.0.stop.clone();
            // One refresh at a time: nobody else's question carries them.
            tokens.ask_with(claims);
            let fetched = stop.unless_raised(tokens.fetch()).await;
            let result = fetched.unwrap_or_else(|stopped| Err((stopped.into(), Duration::ZERO)));
            tokens.ask_with(None);
            let mut state = tokens.state();
            state.under_way = None;
            match &result {
                Ok(token) => {
                    state.current = Some(token.clone());
                    state.failed = None;
                }
                Err((fault, wait)) => {
                    let until = Instant::now() + REMEMBERED.max(*wait);
                    state.failed = Some((until, fault.clone()));
                }
            }
            result.map_err(|(fault, _)| fault)
        });
        let refresh = async move {
            task.await
                .unwrap_or_else(|_| Err(super::failures::interrupted()))
        }
        .boxed()
        .shared();
        state.under_way = Some(refresh.clone());
        refresh
    }

    fn ask_with(&self, claims: Option<Claims>) {
        if let Challenged::Asks(to_send) = &self.0.challenged {
            to_send.set(claims);
        }
    }

    /// Requests a token until there is one, it is refused, or the time is over. An error says how long to wait before the next
    /// request.
    async fn fetch(&self) -> Result<Token, (Fault, Duration)> {
        let started = Instant::now();
        let first = self.state().current.is_none();
        let mut pause = Duration::from_millis(200);
        loop {
            let asked_at = Instant::now();
            let mut trouble = match self.ask().await {
                Ok(token) => {
                    self.0.floor.answered(asked_at);
                    return Ok(Token::new(&token));
                }
                Err(trouble) => trouble,
            };
            trouble.fault.asker.method = self.method();
            let sent = trouble.fault.sent("token", None);
            let wait = if trouble.asks_to_slow_down() {
                events::throttled(&sent, trouble.retry_after);
                let least = self.0.floor.throttled(asked_at);
                trouble.retry_after.unwrap_or_default().max(least)
            } else {
                pause.mul_f64(0.5 + fastrand::f64())
            };
            let nobody_there =
                trouble.fault.code == codes::SIGN_IN_UNREACHABLE || trouble.fault.is_from_between();
            let patience = if first && nobody_there {
                FIRST_PATIENCE
            } else {
                PATIENCE
            };
            if !trouble.temporary || started.elapsed() + wait >= patience {
                let wait = if trouble.asks_to_slow_down() {
                    wait
                } else {
                    Duration::ZERO
                };
                return Err((trouble.fault, wait));
            }
            events::retry(&sent);
            events::wait(WaitReason::SignIn, wait, wait);
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn ask(&self) -> Result<AccessToken, Trouble> {
        let credential = (self.0.source)().map_err(Trouble::lasting)?;
        let scopes = [self.0.scope.as_str()];
        match tokio::time::timeout(self.0.longest, credential.get_token(&scopes, None)).await {
            Ok(answer) => answer.map_err(|error| fault_of(&error)),
            Err(_) => Err(super::failures::too_slow()),
        }
    }
}

impl State {
    fn failed_lately(&self, now: Instant) -> Option<Fault> {
        let (until, fault) = self.failed.as_ref()?;
        (now < *until).then(|| fault.clone())
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("scope", &self.0.scope)
            .finish_non_exhaustive()
    }
}
