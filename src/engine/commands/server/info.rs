//! INFO.

use std::fmt::Write;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::settings::REDIS_VERSION;
use super::super::super::state::State;
use super::super::super::stats::Calls;
use super::super::super::time::Time;
use super::super::name_of;
use super::memory;

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "INFO",
    group: Group::Server,
    arity: -1,
    flags: Flags::LOADING.with(Flags::STALE),
    since: "1.0.0",
    syntax: "INFO [section [section ...]]",
    summary: "Tells about the server and its counters.",
    handler: info,
    ..Row::DEFAULT
}];

/// Writes the fields of a section.
type Fields = fn(&State, Time, &mut String) -> std::fmt::Result;

struct Section {
    /// How INFO asks for it.
    name: &'static str,
    /// How it is headed.
    title: &'static str,
    /// Whether INFO alone shows it.
    usual: bool,
    fields: Fields,
}

const fn section(name: &'static str, title: &'static str, usual: bool, fields: Fields) -> Section {
    Section { name, title, usual, fields }
}

/// Every section, in Redis's order.
const SECTIONS: &[Section] = &[
    section("server", "Server", true, server),
    section("clients", "Clients", true, clients),
    section("memory", "Memory", true, memory::fields),
    section("persistence", "Persistence", true, persistence),
    section("stats", "Stats", true, stats),
    section("replication", "Replication", true, replication),
    section("cpu", "CPU", true, cpu),
    section("modules", "Modules", true, |_, _, _| Ok(())),
    section("commandstats", "Commandstats", false, commandstats),
    section("errorstats", "Errorstats", true, errorstats),
    section("latencystats", "Latencystats", false, latencystats),
    section("cluster", "Cluster", true, |_, _, out| writeln!(out, "cluster_enabled:0")),
    section("keyspace", "Keyspace", true, keyspace),
];

fn info(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let names: Vec<String> = args.rest().iter().map(|name| String::from_utf8_lossy(name).to_lowercase()).collect();
    let asked = |words: &[&str]| names.iter().any(|name| words.contains(&name.as_str()));
    let everything = asked(&["all", "everything"]);
    let usual = names.is_empty() || asked(&["default"]);
    let mut text = String::new();
    for section in SECTIONS {
        if !(everything || (usual && section.usual) || asked(&[section.name])) {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("# {}\n", section.title));
        // Writing into a text cannot fail.
        let _ = (section.fields)(ctx.state, ctx.now, &mut text);
    }
    reply::value(Value::Verbatim { format: *b"txt", text: text.replace('\n', "\r\n").into() })
}

fn seconds_since(start: Time, now: Time) -> i64 {
    now.us().saturating_sub(start.us()).max(0) / 1_000_000
}

/// Forty digits that name this run: the same seed and the same start give the same ones.
fn server(state: &State, now: Time, out: &mut String) -> std::fmt::Result {
    let uptime = seconds_since(state.started, now);
    writeln!(out, "redis_version:{REDIS_VERSION}")?;
    writeln!(out, "redlab_version:{}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "redis_git_sha1:00000000\nredis_git_dirty:0\nredis_build_id:redlab\nredis_mode:standalone")?;
    writeln!(
        out,
        "os:{}\narch_bits:{}\nmonotonic_clock:none\natomicvar_api:none\ngcc_version:0.0.0",
        std::env::consts::OS,
        usize::BITS
    )?;
    writeln!(out, "multiplexing_api:none\nprocess_id:0\nprocess_supervised:no\nrun_id:{}", state.run_id())?;
    writeln!(out, "tcp_port:{}\nserver_time_usec:{}", state.settings.port, now.us())?;
    writeln!(out, "uptime_in_seconds:{uptime}\nuptime_in_days:{}\nhz:10\nconfigured_hz:10", uptime / 86_400)?;
    writeln!(out, "lru_clock:{}", (now.us() / 1_000_000) & 0x00ff_ffff)?;
    writeln!(out, "executable:\nconfig_file:\nio_threads_active:0")
}

fn clients(state: &State, _: Time, out: &mut String) -> std::fmt::Result {
    let blocked = state.clients.values().filter(|client| client.blocked.is_some()).count();
    let most = state.settings.doors.maxclients;
    writeln!(out, "connected_clients:{}\ncluster_connections:0\nmaxclients:{most}", state.clients.len())?;
    writeln!(out, "client_recent_max_input_buffer:0\nclient_recent_max_output_buffer:0")?;
    writeln!(out, "blocked_clients:{blocked}\ntracking_clients:{}", state.tracking.clients)?;
    writeln!(out, "clients_in_timeout_table:{}", state.deadlines.len())
}

fn persistence(state: &State, now: Time, out: &mut String) -> std::fmt::Result {
    let (disk, changes) = (&state.disk, state.disk.changes(state.keyspace.dirty));
    let seconds = |time: Time| time.us().div_euclid(1_000_000);
    let running = disk.background.map_or(-1, |since| seconds(now) - seconds(since));
    writeln!(out, "loading:0\nasync_loading:0\ncurrent_cow_peak:0\ncurrent_cow_size:0\ncurrent_cow_size_age:0")?;
    writeln!(out, "current_fork_perc:0.00\ncurrent_save_keys_processed:0\ncurrent_save_keys_total:0")?;
    writeln!(out, "rdb_changes_since_last_save:{changes}")?;
    writeln!(out, "rdb_bgsave_in_progress:{}", u8::from(disk.background.is_some()))?;
    writeln!(out, "rdb_last_save_time:{}", seconds(disk.saved))?;
    writeln!(out, "rdb_last_bgsave_status:{}", if disk.is_well { "ok" } else { "err" })?;
    writeln!(out, "rdb_last_bgsave_time_sec:{}", disk.took_s.unwrap_or(-1))?;
    writeln!(out, "rdb_current_bgsave_time_sec:{running}\nrdb_saves:{}", disk.saves)?;
    writeln!(out, "rdb_last_cow_size:0\nrdb_last_load_keys_expired:{}", disk.load_expired)?;
    writeln!(out, "rdb_last_load_keys_loaded:{}\naof_enabled:0\naof_rewrite_in_progress:0", disk.load_keys)?;
    writeln!(out, "aof_rewrite_scheduled:0\naof_last_rewrite_time_sec:-1\naof_current_rewrite_time_sec:-1")?;
    writeln!(out, "aof_last_bgrewrite_status:ok\naof_rewrites:0\naof_rewrites_consecutive_failures:0")?;
    writeln!(
        out,
        "aof_last_write_status:ok\naof_last_cow_size:0\nmodule_fork_in_progress:0\nmodule_fork_last_cow_size:0"
    )
}

fn stats(state: &State, _: Time, out: &mut String) -> std::fmt::Result {
    let (stats, subscribers) = (&state.stats, &state.subscribers);
    writeln!(out, "total_connections_received:{}", stats.connections)?;
    writeln!(out, "total_commands_processed:{}\ninstantaneous_ops_per_sec:0", stats.commands)?;
    writeln!(out, "total_net_repl_input_bytes:0\ntotal_net_repl_output_bytes:0\ninstantaneous_input_kbps:0.00")?;
    writeln!(out, "instantaneous_output_kbps:0.00\ninstantaneous_input_repl_kbps:0.00")?;
    writeln!(out, "instantaneous_output_repl_kbps:0.00\nexpire_cycle_cpu_milliseconds:0")?;
    writeln!(out, "total_eviction_exceeded_time:0\ncurrent_eviction_exceeded_time:0")?;
    writeln!(out, "total_net_input_bytes:0\ntotal_net_output_bytes:0\nrejected_connections:{}", stats.rejected)?;
    writeln!(out, "sync_full:0\nsync_partial_ok:0\nsync_partial_err:0\nexpired_keys:{}", state.keyspace.expired)?;
    writeln!(
        out,
        "expired_stale_perc:0.00\nexpired_time_cap_reached_count:0\nevicted_keys:{}\nevicted_clients:0",
        state.keyspace.memory.evicted
    )?;
    writeln!(out, "keyspace_hits:{}\nkeyspace_misses:{}", stats.hits, stats.misses)?;
    writeln!(out, "pubsub_channels:{}", subscribers.channels.len())?;
    writeln!(out, "pubsub_patterns:{}", subscribers.patterns.len())?;
    writeln!(out, "pubsubshard_channels:{}", subscribers.shard_channels.len())?;
    writeln!(out, "latest_fork_usec:0\ntotal_forks:0\nmigrate_cached_sockets:0\nslave_expires_tracked_keys:0")?;
    writeln!(out, "active_defrag_hits:0\nactive_defrag_misses:0\nactive_defrag_key_hits:0")?;
    writeln!(out, "active_defrag_key_misses:0\ntotal_active_defrag_time:0\ncurrent_active_defrag_time:0")?;
    let tracking = &state.tracking;
    writeln!(out, "tracking_total_keys:{}\ntracking_total_items:{}", tracking.keys(), tracking.items())?;
    writeln!(out, "tracking_total_prefixes:{}\nunexpected_error_replies:0", tracking.prefixes.len())?;
    writeln!(out, "total_error_replies:{}\ndump_payload_sanitizations:0", stats.error_replies)?;
    writeln!(out, "total_reads_processed:0\ntotal_writes_processed:0\nio_threaded_reads_processed:0")?;
    writeln!(out, "io_threaded_writes_processed:0\nreply_buffer_shrinks:0\nreply_buffer_expands:0")
}

fn replication(state: &State, now: Time, out: &mut String) -> std::fmt::Result {
    match &state.master {
        Some((host, port)) => {
            let host = crate::resp::printable(host, 100);
            writeln!(out, "role:slave\nmaster_host:{host}\nmaster_port:{port}\nmaster_link_status:down")?;
            writeln!(out, "master_last_io_seconds_ago:-1\nmaster_sync_in_progress:0\nslave_read_repl_offset:0")?;
            writeln!(out, "slave_repl_offset:0\nmaster_link_down_since_seconds:-1\nslave_priority:100")?;
            let read_only = u8::from(!state.settings.is_off("replica-read-only"));
            writeln!(out, "slave_read_only:{read_only}\nreplica_announced:1")?;
        }
        None => writeln!(out, "role:master")?,
    }
    let replicas = &state.replicas;
    writeln!(out, "connected_slaves:{}", replicas.online.len())?;
    for (n, replica) in replicas.online.iter().enumerate() {
        let host = state.clients.get(&replica.id).map_or("", |client| client.addr.as_str());
        let host = host.rsplit_once(':').map_or("", |(host, _)| host);
        let (port, offset, lag) = (replica.port, replica.acked, seconds_since(replica.seen, now));
        writeln!(out, "slave{n}:ip={host},port={port},state=online,offset={offset},lag={lag}")?;
    }
    writeln!(out, "master_failover_state:no-failover")?;
    writeln!(out, "master_replid:{}\nmaster_replid2:{:040}", state.run_id(), 0)?;
    writeln!(out, "master_repl_offset:{}\nsecond_repl_offset:-1\nrepl_backlog_active:0", replicas.offset)?;
    writeln!(out, "repl_backlog_size:1048576\nrepl_backlog_first_byte_offset:0\nrepl_backlog_histlen:0")
}

fn cpu(_: &State, _: Time, out: &mut String) -> std::fmt::Result {
    // The engine looks at no clock, so it has used no time that it knows of.
    writeln!(out, "used_cpu_sys:0.000000\nused_cpu_user:0.000000")?;
    writeln!(out, "used_cpu_sys_children:0.000000\nused_cpu_user_children:0.000000")?;
    writeln!(out, "used_cpu_sys_main_thread:0.000000\nused_cpu_user_main_thread:0.000000")
}

fn commandstats(state: &State, _: Time, out: &mut String) -> std::fmt::Result {
    let called = state.stats.by_command.iter().enumerate().filter(|(_, calls)| **calls != Calls::default());
    for (number, calls) in called {
        let (name, sub) = name_of(number);
        let name = if sub.is_empty() { name.to_lowercase() } else { format!("{name}|{sub}").to_lowercase() };
        writeln!(
            out,
            "cmdstat_{name}:calls={},usec={},usec_per_call={:.2},rejected_calls={},failed_calls={}",
            calls.calls,
            calls.us,
            calls.us as f64 / calls.calls.max(1) as f64,
            calls.rejected,
            calls.failed
        )?;
    }
    Ok(())
}

fn latencystats(state: &State, _: Time, out: &mut String) -> std::fmt::Result {
    let percentiles = state.settings.kept.get("latency-tracking-info-percentiles");
    let percentiles = percentiles.map_or("50 99 99.9", String::as_str);
    let known = state.measures.histograms.iter().enumerate().filter(|(_, histogram)| histogram.total() > 0);
    for (number, histogram) in known.filter(|_| !percentiles.is_empty()) {
        let (name, sub) = name_of(number);
        let name = if sub.is_empty() { name.to_lowercase() } else { format!("{name}|{sub}").to_lowercase() };
        let shown = percentiles.split(' ').map(|percent| {
            let ns = histogram.percentile(percent.parse().unwrap_or(0.0));
            format!("p{percent}={:.3}", ns as f64 / 1000.0)
        });
        writeln!(out, "latency_percentiles_usec_{name}:{}", shown.collect::<Vec<_>>().join(","))?;
    }
    Ok(())
}

fn errorstats(state: &State, _: Time, out: &mut String) -> std::fmt::Result {
    state.stats.errors.iter().try_for_each(|(code, count)| writeln!(out, "errorstat_{code}:count={count}"))
}

fn keyspace(state: &State, now: Time, out: &mut String) -> std::fmt::Result {
    let keyspace = &state.keyspace;
    for db in (0..keyspace.databases()).filter(|db| !keyspace.is_empty(*db)) {
        let expires = keyspace.volatile_len(db);
        let average = average_ttl(state, db, now);
        writeln!(out, "db{db}:keys={},expires={expires},avg_ttl={average}", keyspace.len(db))?;
    }
    Ok(())
}

/// The average TTL of some keys that have one, in milliseconds.
fn average_ttl(state: &State, db: usize, now: Time) -> i64 {
    const SAMPLES: usize = 100;
    let ttls = state.keyspace.iter(db).take(SAMPLES).filter_map(|(_, entry)| state.keyspace.expiry_of(db, entry));
    let (sum, count) = ttls.fold((0i64, 0i64), |(sum, n), at| (sum.saturating_add(at.saturating_sub(now.ms())), n + 1));
    sum.checked_div(count).unwrap_or(0).max(0)
}
