title "The last ACK of a handshake with a SYN cookie is lost"
story [[
With a SYN cookie the server keeps no state: if the last ACK is lost, it never retransmits the SYN-ACK. A client that speaks first is
admitted by its data, which carries the cookie as well. If the server is to speak first, as with SMTP or SSH, both wait for ever: the client
is connected to a server that has no such connection. A cookie is valid for one to two minutes; a client that speaks later than that is
reset.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
server:sysctl("net.ipv4.tcp_syncookies", 2)
local listener = server:listen(80)
local accepted = 0
server:run(function()
	while true do
		local c = listener:accept()
		accepted = accepted + 1
		c:send "220 welcome"
	end
end)

local function connect_and_lose_the_ack()
	wire:drop(".", 1)
	local s = client:connect("10.0.0.2", 80)
	sleep(0.1)
	wire:filter(nil)
	return s
end

client:run(function()
	local s = connect_and_lose_the_ack()
	sleep(10)
	expect_equal(accepted, 0, "connections of the server while the client is silent")
	s:send "hello"
	expect_equal(s:recv(100), "220 welcome", "after the first data")
	expect_equal(accepted, 1)

	s = connect_and_lose_the_ack()
	sleep(180)
	expect_equal(s:getsockopt "TCP_INFO".state, 1, "ESTABLISHED, says the client after three minutes")
	s:send "hello"
	local data, err = s:recv(100)
	expect_equal(err, "ECONNRESET", "a cookie that is too old")
	expect_equal(accepted, 1)
	server:crash()
end)
