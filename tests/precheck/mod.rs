//! People who are there already are found by every strategy, and the tenant's policy is obeyed before anything is sent.

mod cases; // the people whom a careless look-up misses
mod hints; // what is said of people who are there already
mod policy; // who may invite, and whom
mod size; // large tenants: requests, time, memory
mod sponsors; // sponsors that cannot be looked up
mod tenant; // a practice tenant of any size

use tenant::Tenant;
