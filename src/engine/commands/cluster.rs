//! The cluster: this server is none of its nodes, and says so.

use super::super::args::Args;
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Answer;
use super::super::row::{Flags, Group, Row};

const STALE: Flags = Flags::STALE;
const ADMIN: Flags = Flags::STALE.with(Flags::ADMIN);
const CHANGES: Flags = ADMIN.with(Flags::NO_ASYNC_LOADING);
const RESETS: Flags = ADMIN.with(Flags::NOSCRIPT);
const OPEN: Flags = Flags::FAST.with(Flags::LOADING).with(Flags::STALE);

/// Its commands.
pub const TABLE: &[Row] = &[
    off("ASKING", 1, Flags::FAST, "3.0.0", "ASKING", "Announces that a node has sent this client here."),
    Row {
        name: "CLUSTER",
        group: Group::Cluster,
        arity: -2,
        since: "3.0.0",
        complexity: "Depends on the subcommand",
        syntax: "CLUSTER subcommand [argument ...]",
        summary: "Looks at the cluster, and governs it.",
        subcommands: SUBCOMMANDS,
        ..Row::DEFAULT
    },
    off("READONLY", 1, OPEN, "3.0.0", "READONLY", "Lets a replica answer reads."),
    off("READWRITE", 1, OPEN, "3.0.0", "READWRITE", "Ends READONLY."),
];

const SUBCOMMANDS: &[Row] = &[
    off("ADDSLOTS", -3, CHANGES, "3.0.0", "CLUSTER ADDSLOTS slot [slot ...]", "Gives hash slots to this node."),
    off(
        "ADDSLOTSRANGE",
        -4,
        CHANGES,
        "7.0.0",
        "CLUSTER ADDSLOTSRANGE start-slot end-slot [start-slot end-slot ...]",
        "Gives ranges of hash slots to this node.",
    ),
    off("BUMPEPOCH", 2, CHANGES, "3.0.0", "CLUSTER BUMPEPOCH", "Raises the epoch of the cluster."),
    off(
        "COUNT-FAILURE-REPORTS",
        3,
        ADMIN,
        "3.0.0",
        "CLUSTER COUNT-FAILURE-REPORTS node-id",
        "Counts the reports that a node has failed.",
    ),
    off("COUNTKEYSINSLOT", 3, STALE, "3.0.0", "CLUSTER COUNTKEYSINSLOT slot", "Counts the keys of a hash slot."),
    off("DELSLOTS", -3, CHANGES, "3.0.0", "CLUSTER DELSLOTS slot [slot ...]", "Takes hash slots from this node."),
    off(
        "DELSLOTSRANGE",
        -4,
        CHANGES,
        "7.0.0",
        "CLUSTER DELSLOTSRANGE start-slot end-slot [start-slot end-slot ...]",
        "Takes ranges of hash slots from this node.",
    ),
    off(
        "FAILOVER",
        -2,
        CHANGES,
        "3.0.0",
        "CLUSTER FAILOVER [FORCE | TAKEOVER]",
        "Makes this replica the master of its slots.",
    ),
    off("FLUSHSLOTS", 2, CHANGES, "3.0.0", "CLUSTER FLUSHSLOTS", "Takes all hash slots from this node."),
    off("FORGET", 3, CHANGES, "3.0.0", "CLUSTER FORGET node-id", "Removes a node from the cluster."),
    off("GETKEYSINSLOT", 4, STALE, "3.0.0", "CLUSTER GETKEYSINSLOT slot count", "Lists keys of a hash slot."),
    off("HELP", 2, STALE.with(Flags::LOADING), "5.0.0", "CLUSTER HELP", "Prints help."),
    off("INFO", 2, STALE, "3.0.0", "CLUSTER INFO", "Tells how the cluster is."),
    off("KEYSLOT", 3, STALE, "3.0.0", "CLUSTER KEYSLOT key", "Tells the hash slot of a key."),
    off("LINKS", 2, STALE, "7.0.0", "CLUSTER LINKS", "Lists the links to other nodes."),
    off("MEET", -4, CHANGES, "3.0.0", "CLUSTER MEET ip port [cluster-bus-port]", "Joins another node."),
    off("MYID", 2, STALE, "3.0.0", "CLUSTER MYID", "Tells this node's name."),
    off("NODES", 2, STALE, "3.0.0", "CLUSTER NODES", "Lists the nodes of the cluster."),
    off("REPLICAS", 3, ADMIN, "5.0.0", "CLUSTER REPLICAS node-id", "Lists the replicas of a master."),
    off("REPLICATE", 3, CHANGES, "3.0.0", "CLUSTER REPLICATE node-id", "Makes this node a replica of another."),
    off("RESET", -2, RESETS, "3.0.0", "CLUSTER RESET [HARD | SOFT]", "Makes the node forget the cluster."),
    off("SAVECONFIG", 2, CHANGES, "3.0.0", "CLUSTER SAVECONFIG", "Saves the cluster's configuration."),
    off(
        "SET-CONFIG-EPOCH",
        3,
        CHANGES,
        "3.0.0",
        "CLUSTER SET-CONFIG-EPOCH config-epoch",
        "Sets the epoch of a new node.",
    ),
    off(
        "SETSLOT",
        -4,
        CHANGES,
        "3.0.0",
        "CLUSTER SETSLOT slot <IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE>",
        "Moves a hash slot.",
    ),
    off("SHARDS", 2, STALE, "7.0.0", "CLUSTER SHARDS", "Tells which nodes serve which slots."),
    off("SLAVES", 3, ADMIN, "3.0.0", "CLUSTER SLAVES node-id", "Lists the replicas of a master."),
    off("SLOTS", 2, STALE, "3.0.0", "CLUSTER SLOTS", "Tells which nodes serve which slots."),
];

/// A command that only a node of a cluster could run.
const fn off(
    name: &'static str,
    arity: i32,
    flags: Flags,
    since: &'static str,
    syntax: &'static str,
    summary: &'static str,
) -> Row {
    Row { name, group: Group::Cluster, arity, flags, since, syntax, summary, handler: refuse, ..Row::DEFAULT }
}

fn refuse(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    Err(Error::fixed("ERR This instance has cluster support disabled"))
}
