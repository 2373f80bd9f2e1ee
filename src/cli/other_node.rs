//! `run --node`: a container on another node of the cluster.

use super::args::RunArgs;
use super::dry_run;
use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::container::remote::{Link, LinkError, Look};
use crate::container::transport::{Ssh, Transport};
use crate::engine::execute::Request;
use crate::host::Host;

/// Stands for the socket of the connection, which only the run itself makes.
const SOCKET: &str = "SOCKET";

/// The node asked for, unless it is this one.
pub(super) fn asked_for<'a>(args: &'a RunArgs, host: &Host) -> Option<&'a str> {
    let node = args.node.as_deref()?;
    (host.local_node().as_deref() != Some(node)).then_some(node)
}

/// What a run would do, to the word.
pub(super) fn dry_run(
    host: &Host,
    node: &str,
    request: &Request<'_>,
    inner: &dyn Transport,
) -> Result<String, CliError> {
    let peer = host
        .peer(node)
        .map_err(|error| CliError::from_error(ExitCode::Unavailable, &error))?;
    let ssh = Ssh {
        peer: &peer,
        control: SOCKET,
        inner,
        clock_offset: 0,
    };
    Ok(dry_run::describe(request, &ssh))
}

/// The connection to the node, and a look at it.
pub(super) async fn reach(
    args: &RunArgs,
    host: &Host,
    node: &str,
) -> Result<(Link, Look), CliError> {
    let reach = async {
        let link = Link::open(host.peer(node)?).await?;
        match link.look(args.ct).await {
            Ok(look) => Ok((link, look)),
            Err(error) => {
                link.close().await;
                Err(error)
            }
        }
    };
    reach
        .await
        .map_err(|error: LinkError| CliError::from_error(ExitCode::Unavailable, &error))
}
