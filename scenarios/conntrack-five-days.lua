title "A firewall forgets a connection after five days of silence"
story [[
nf_conntrack_tcp_timeout_established is 432,000 s: a connection silent for five days is forgotten, and its next packet is dropped, or with
nf_conntrack_tcp_loose picked up in mid-stream as a new connection, from a side that may open one.]]

duration "12d"
local client, server = host "client", host "server"
local wall = nat { "firewall", loose = param("loose", false) }
link { client, "10.0.0.2/24", wall, "inside", delay = "1ms" }
link { wall, "outside", server, "10.1.0.2/24", delay = "1ms" }
client:route "0.0.0.0/0"
server:route "0.0.0.0/0"

server:run(function()
	local c = server:listen(80):accept()
	sleep "4d"
	c:send "four days later"
	sleep "432001s"
	c:setsockopt("TCP_USER_TIMEOUT", 60000)
	c:send "five days and a second later"
	local data, err = c:recv(100)
	expect_equal(err, "ETIMEDOUT", "nothing of it arrives")
end)

client:run(function()
	local s = client:connect("10.1.0.2", 80)
	expect_equal(s:recv(100), "four days later")
	expect_equal(wall:connections(), 1)
	s:setsockopt("SO_RCVTIMEO", "6d")
	local data, err = s:recv(100)
	expect_equal(err, "EAGAIN")
end)
