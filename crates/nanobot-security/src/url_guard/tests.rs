//! The guard against the spellings that hide an address, and against honest ones.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::{address_fault, judge};

#[test]
fn every_spelling_of_a_local_address_is_refused() {
    for (url, reason) in [
        ("http://127.0.0.1/", "loopback"),
        ("http://127.1/", "loopback"),
        ("http://0177.0.0.1/", "loopback"),
        ("http://0x7f000001/", "loopback"),
        ("http://2130706433/", "loopback"),
        ("http://0x7f.1:8080/", "loopback"),
        ("http://127.0.0.1./", "loopback"),
        ("http://①②⑦.⓪.⓪.①/", "loopback"),
        ("http://127。0。0。1/", "loopback"),
        ("http://%31%32%37.0.0.1/", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://[::ffff:127.0.0.1]/", "loopback"),
        ("http://[::127.0.0.1]/", "loopback"),
        ("http://[64:ff9b::7f00:1]/", "loopback"),
        ("http://[64:ff9b:1::7f00:1]/", "private"),
        ("http://[2002:7f00:1::]/", "loopback"),
        ("http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "loopback"),
        ("http://[2a01::5efe:10.0.0.1]/", "private"),
        ("http://[fd00:ec2::254]/", "metadata"),
        ("http://kubernetes.default.svc/api", "local_name"),
        ("http://[fe80::1]/", "link_local"),
        ("http://[fec0::1]/", "private"),
        ("http://[ff02::1]/", "multicast"),
        ("http://[::]/", "unspecified"),
        ("http://0/", "unspecified"),
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("http://2852039166/", "metadata"),
        ("http://169.254.1.1/", "link_local"),
        ("http://10.1.2.3/", "private"),
        ("http://172.31.255.255/", "private"),
        ("http://192.168.0.1/", "private"),
        ("http://100.64.0.1/", "shared"),
        ("http://192.0.0.192/", "reserved"),
        ("http://198.19.0.1/", "benchmark"),
        ("http://203.0.113.9/", "documentation"),
        ("http://224.0.0.1/", "multicast"),
        ("http://255.255.255.255/", "reserved"),
        ("http://localhost:18790", "local_name"),
        ("http://LOCALHOST./", "local_name"),
        ("http://a.localhost/", "local_name"),
        ("http://printer.local/", "local_name"),
        ("http://router/", "local_name"),
        ("http://127.0.0.1.nip.io/", "local_name"),
        ("http://metadata.google.internal/", "metadata"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.com/", "scheme"),
        ("data:text/html,x", "scheme"),
        ("http://user:pw@example.com/", "credentials"),
        ("http://example.com@127.0.0.1/", "credentials"),
        ("http://", "no_host"),
        ("http://exa mple.com/", "malformed"),
        ("http:\\\\127.0.0.1/", "malformed"),
        ("http://1.2.3.4.5/", "malformed"),
        ("no address", "malformed"),
        ("", "malformed"),
    ] {
        let verdict = judge(url, &[]);
        assert_eq!((verdict.allowed, verdict.reason), (false, reason), "{url}");
    }
}

#[test]
fn the_public_web_stays_open() {
    for url in [
        "https://example.com/notes/todo.md",
        "http://example.org:8080/a?b=c#d",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://münchen.de/",
        "https://local.example.com/localhost",
        "https://docs.internal.example.com/",
        "https://[::ffff:8.8.8.8]/",
    ] {
        assert!(judge(url, &[IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14))]).allowed, "{url}");
    }
}

#[test]
fn one_private_answer_of_the_resolver_is_enough() {
    let answers = [IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14)), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let verdict = judge("https://example.com/", &answers);
    assert_eq!((verdict.allowed, verdict.reason), (false, "loopback"));
}

proptest! {
    #[test]
    fn all_spellings_of_one_address_are_judged_alike(bits: u32) {
        let address = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = address.octets();
        let wanted = address_fault(IpAddr::V4(address)).unwrap_or("public");
        let rest = bits & 0x00ff_ffff;
        for host in [
            format!("{a}.{b}.{c}.{d}"),
            format!("{bits}"),
            format!("0x{bits:x}"),
            format!("0{bits:o}"),
            format!("0{a:o}.0x{b:x}.{c}.{d}"),
            format!("{a}.{rest}"),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b::{a}.{b}.{c}.{d}]"),
        ] {
            prop_assert_eq!(judge(&format!("http://{host}/"), &[]).reason, wanted, "{}", host);
        }
    }

    #[test]
    fn no_text_breaks_the_guard(text in ".{0,64}", bits: u128) {
        let _verdict = judge(&text, &[IpAddr::V6(Ipv6Addr::from_bits(bits))]);
        let _verdict = judge(&format!("http://{text}/"), &[]);
    }
}
