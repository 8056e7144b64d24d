//! The samples of nightly jobs: each manifest by its rules, and its nights, run as they are written.

mod samples; // the files, and the command lines in them
mod yaml; // a YAML file as values

mod command_lines; // flags, keys, variables and files that are named exist
mod kubernetes; // pods, volumes, who may do what
mod platforms; // systemd, workflows, the Task Scheduler

#[cfg(unix)] // The images, units and shells of these samples are those of Linux.
mod nights; // two nights in a row, on each platform
