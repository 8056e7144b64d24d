//! The pages of the authority that a person sees: one to enter a device code, one to accept what an app asks for, and one
//! that says how it ended.
//!
//! A page loads nothing from anywhere. Everything that came with a request is escaped. Must not decide anything: `device`
//! and `browser` do that.

use crate::sandbox::{
    messages::reply::{Reply, ReplyBody},
    state::tenant::TenantState,
};

/// Nothing but the styles of the page itself. A form may be answered with a redirect to the app, so its target is open.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; --text: #1b1f24; --soft: #59636e; --card: #ffffff; --page: #eef1f4; --line: #c6cdd5; --main: #0b5cad; --on-main: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --soft: #9aa7b4; --card: #161b22; --page: #0d1117; --line: #3a444f; --main: #6cb2ff; --on-main: #06213d; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center; padding: 1rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 28rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.75rem; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 0.75rem; }
p { margin: 0 0 1rem; }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
label { display: block; font-weight: 600; margin-bottom: 0.35rem; }
input[type=text] { width: 100%; font: inherit; font-size: 1.25rem; letter-spacing: 0.12em; text-transform: uppercase; padding: 0.6rem 0.75rem; margin-bottom: 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: transparent; color: inherit; }
.choice { display: flex; flex-wrap: wrap; gap: 0.75rem; }
button { font: inherit; font-weight: 600; padding: 0.65rem 1.25rem; border-radius: 0.5rem; border: 1px solid var(--main); background: transparent; color: var(--main); cursor: pointer; flex: 1 1 auto; }
button.main { background: var(--main); color: var(--on-main); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.soft { color: var(--soft); font-size: 0.9rem; margin: 1.25rem 0 0; }
.wrong { border-left: 4px solid #d1242f; padding-left: 0.75rem; }
";

/// The page on which a person enters the code that a device shows. `wrong`: why the code that was entered is not taken.
pub(super) fn enter_code(tenant: &TenantState, action: &str, wrong: Option<&str>) -> Reply {
    let problem = wrong.map_or_else(String::new, |why| {
        format!("<p class=\"wrong\" role=\"alert\">{}</p>", escaped(why))
    });
    let status = if wrong.is_some() { 400 } else { 200 };
    page(
        tenant,
        status,
        "Enter the code",
        &format!(
            "{problem}<p>The program that wants to sign in shows a code.</p>\
             <form method=\"post\" action=\"{}\"><label for=\"code\">Code</label>\
             <input type=\"text\" id=\"code\" name=\"user_code\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" required autofocus>\
             <div class=\"choice\"><button class=\"main\">Next</button></div></form>",
            escaped(action)
        ),
    )
}

/// The page on which a person accepts or declines. `fields`: what its form sends in addition to `do`, which is `approve`
/// or `decline`.
pub(super) fn consent(
    tenant: &TenantState,
    method: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Reply {
    let hidden: String = fields
        .iter()
        .map(|(name, value)| {
            format!(
                "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
                escaped(name),
                escaped(value)
            )
        })
        .collect();
    let permissions: String = tenant
        .weather
        .permissions
        .user
        .iter()
        .map(|name| format!("<li>{}</li>", escaped(name)))
        .collect();
    page(
        tenant,
        200,
        "Permissions requested",
        &format!(
            "<p><strong>guestlist practice app</strong> wants to sign in as {}, and asks for:</p>\
             <ul>{permissions}</ul>\
             <form method=\"{method}\" action=\"{}\">{hidden}<div class=\"choice\">\
             <button class=\"main\" name=\"do\" value=\"approve\">Accept</button>\
             <button name=\"do\" value=\"decline\">Decline</button></div></form>",
            signed_in_user(tenant),
            escaped(action)
        ),
    )
}

/// A page that says how it ended.
pub(super) fn ending(tenant: &TenantState, status: u16, title: &str, text: &str) -> Reply {
    page(tenant, status, title, &format!("<p>{}</p>", escaped(text)))
}

fn signed_in_user(tenant: &TenantState) -> String {
    let user = tenant.directory.by_id(&tenant.identity.signed_in_user);
    user.map_or_else(String::new, |user| {
        format!(
            "<strong>{}</strong> ({})",
            escaped(&user.display_name),
            escaped(&user.user_principal_name)
        )
    })
}

fn page(tenant: &TenantState, status: u16, title: &str, body: &str) -> Reply {
    let name = escaped(&tenant.identity.display_name);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><title>{title} - {name}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}\
         <p class=\"soft\">{name} is a practice tenant on this machine. It needs no password, and nothing leaves the machine.</p>\
         </main></body></html>\n"
    );
    Reply::new(status, ReplyBody::Html(html.into()))
        .header("content-security-policy", CONTENT_POLICY)
        .header("referrer-policy", "no-referrer")
        .header("x-content-type-options", "nosniff")
        .header("cache-control", "no-store, no-cache")
}

/// A text that stands in HTML, between tags or in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
