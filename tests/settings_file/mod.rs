//! A settings file that somebody else may have put into the folder: what it cannot do, and how it comes to be trusted.

mod answers; //  the question on a terminal, `config trust`, `config`
mod attacks; //  each of them, with a listener that hears nothing
mod special; //  pipes, devices and folders in the place of settings and secrets
