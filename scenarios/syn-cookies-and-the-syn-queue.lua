title "SYN cookies begin where the SYN queue ends"
story [[
Books say that with tcp_syncookies = 1 no SYN is ever queued. SYNs are queued up to the limit: of 40 SYNs for a backlog of 8, nine are
queued, and only the other 31 are answered with cookies. With 2 every SYN gets a cookie and none is queued; with 0 those 31 are dropped. The
limit is the backlog of the listener, not a constant of the system.]]

local function flood(cookies, backlog)
	local server, attacker = host("server" .. cookies .. backlog), flooder { "attacker" }
	link { attacker, "", server, "10.0.0.1/24" }
	server:route("0.0.0.0/0")
	server:sysctl("net.ipv4.tcp_syncookies", cookies)
	server:listen(80, backlog)
	attacker:start { to = "10.0.0.1", port = 80, rate = 1000, count = 40, from = "203.0.113.0", sources = 256 }
	sleep(0.5)
	return {
		queued = #server:ss { state = "SYN-RECV" },
		cookies = server:counter "TcpExtSyncookiesSent",
		dropped = server:counter "TcpExtTCPReqQFullDrop",
		full = server:counter "TcpExtTCPReqQFullDoCookies",
	}
end

local function check(cookies, backlog, queued, sent, dropped)
	local got = flood(cookies, backlog)
	local case = "tcp_syncookies = " .. cookies .. ", backlog " .. backlog .. ": "
	expect_equal(got.queued, queued, case .. "queued")
	expect_equal(got.cookies, sent, case .. "cookies")
	expect_equal(got.dropped, dropped, case .. "dropped")
	expect_equal(got.full, sent, case .. "TCPReqQFullDoCookies")
end

check(0, 8, 9, 0, 31)
check(1, 8, 9, 31, 0)
check(2, 8, 0, 40, 0)
check(1, 16, 17, 23, 0)
