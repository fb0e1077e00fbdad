title "Parameters as old books give them, and as they are"
story [[
Books give syncookies 0, tw_reuse 0, tw_recycle 1, somaxconn 128. The defaults are 1, 2 and 4096, and tcp_tw_recycle was removed in Linux
4.12: it broke clients behind NAT. A list of parameters made in a container lacks the machine-wide ones; that does not mean that they are
off.]]

local machine = host "machine"
local function value(name) return machine:sysctl("net.ipv4." .. name) end

expect_equal(value "tcp_syncookies", 1, "tcp_syncookies")
expect_equal(value "tcp_tw_reuse", 2, "tcp_tw_reuse: on the loopback only")
expect_equal(value "tcp_fin_timeout", 60, "tcp_fin_timeout: seconds of an orphan in FIN-WAIT-2")
expect_equal(value "tcp_syn_retries", 6, "tcp_syn_retries")
expect_equal(value "tcp_synack_retries", 5, "tcp_synack_retries")
expect_equal(value "tcp_retries2", 15, "tcp_retries2")
expect_equal(value "tcp_keepalive_time", 7200, "tcp_keepalive_time")
expect_equal(value "tcp_ecn", 2, "tcp_ecn: accepted if the peer asks for it")
expect_equal(value "tcp_rmem", "4096\t131072\t33554432", "tcp_rmem")
expect_equal(machine:sysctl "net.core.somaxconn", 4096, "somaxconn")
local ok, why = pcall(machine.sysctl, machine, "net.ipv4.tcp_tw_recycle", 1)
expect(not ok and why:find "tcp_tw_recycle", "tcp_tw_recycle is refused")
