//! redis-benchmark runs through.

use std::process::Command;

use super::on_both;

fn benchmark(port: u16, arguments: &[&str]) -> String {
    let mut command = Command::new("redis-benchmark");
    command.args(["-p", &port.to_string(), "--csv", "-n", "1000"]).args(arguments);
    let output = command.output().expect("redis-benchmark is installed");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    // Replies that are errors are told in between.
    assert!(!told.contains("ERR"), "{told}");
    told
}

#[test]
fn the_default_tests_run_through() {
    on_both(|port| {
        let told = benchmark(port, &["-c", "20"]);
        for test in [
            "PING_INLINE",
            "PING_MBULK",
            "SET",
            "GET",
            "INCR",
            "LPUSH",
            "RPOP",
            "SADD",
            "HSET",
            "SPOP",
            "ZADD",
            "ZPOPMIN",
            "LRANGE_600",
            "MSET",
        ] {
            assert!(told.contains(&format!("\"{test}")), "{test} is not in\n{told}");
        }
    });
}

#[test]
fn pipelines_and_random_keys_run_through() {
    on_both(|port| {
        benchmark(port, &["-c", "5", "-P", "64", "-r", "1000", "-t", "set,get,incr,lpush,sadd,hset,zadd"]);
        benchmark(port, &["-3", "-c", "5", "-d", "10000", "-t", "set,get"]);
    });
}
