//! Servers, files and pages that mean harm: nothing that they write acts on a screen, no secret comes back, and nobody
//! else's page reaches the practice tenant.

mod proof; // what must be found nowhere

mod children; //   programs that are started get no secret
mod echoes; //     servers that repeat what they were sent
mod names; //      files, flags and columns with hidden characters
mod pages; //      a browser's page and the practice tenant
mod texts; //      hidden characters in every text of Graph
