//! Who is there already is found, whichever way it is looked for; and what the tenant says about invitations
//! as such is heeded before anything is sent.

mod cases; // the people whom a careless look-up misses
mod policy; // who may invite, and whom
mod size; // large tenants: requests, time, memory
mod sponsors; // sponsors that cannot be looked up
mod tenant;

use tenant::Tenant;
