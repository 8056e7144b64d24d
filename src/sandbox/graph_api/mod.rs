//! Microsoft Graph. `pipeline` takes each request through all steps, `routes` finds its endpoint; the others are
//! endpoints and their parts.

pub(super) mod pipeline; // faults before, limits, sign-in, work, faults after
mod routes; // which method and path leads to which endpoint
mod send_mail; // a mail out of a mailbox

mod follow_up_changes; // which change a request asks for, for the book

mod batch_items; // $batch: takes the requests out of its body
mod batch_reply; // $batch: puts the answers together

mod deletions; // users: delete, and what was deleted
mod delta; // the users who changed since an earlier walk
mod directory_objects; // users and groups by id
mod expand; // $expand
mod groups; // groups: list, read, create, update, delete
mod members; // the members of a group
mod odata_reply; // the JSON around a list or a single object
mod organization; // the organization and its domains
mod permissions; // which permissions allow which reads and writes
mod policies; // the policies of the organization
mod references; // sponsors and the manager of a user
mod related_objects; // the list of the objects that another one refers to
mod user_update; // the properties of a user
mod users; // users: list, count, single, me

mod invitation_address; // which addresses can be invited
mod invitation_body; // the strict reading of the body
mod invitation_mail; // the mail that an invitation sends
mod invitation_policy; // whether the caller may invite, and whether the tenant allows it
mod invitations; // POST /invitations: the steps and the answer
mod invited_user; // which user an invitation is for: an existing one or a new guest
