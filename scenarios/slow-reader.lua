title "A reader that stops reading stops the writer"
story [[
A slow reader's receive buffer fills; its window closes; the writer's send buffer fills; send() blocks. TCP probes the zero window for as
long as the reader's kernel answers: for ever. A program that must not wait for a slow reader bounds its own queue, or sets
TCP_USER_TIMEOUT, which applies here.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms", mtu = 9000 }

server:run(function()
	local listener = server:listen(80)
	local slow, strict = listener:accept(), listener:accept()
	local sent = 0
	slow:setsockopt("SO_SNDTIMEO", 10)
	while true do
		local n, err = slow:send(("x"):rep(65536))
		if not n or n < 65536 then break end
		sent = sent + n
	end
	expect(sent > 100000 and sent < 20000000, "the buffers of both ends are full: " .. sent)
	sleep(3600)
	expect(server:counter "TcpExtTCPWinProbe" > 10, "an hour of probes: " .. server:counter "TcpExtTCPWinProbe")
	local info = slow:getsockopt "TCP_INFO"
	expect_equal(info.state, 1, "and still ESTABLISHED")

	strict:setsockopt("TCP_USER_TIMEOUT", 30000)
	local begun, n, err = now()
	repeat n, err = strict:send(("x"):rep(65536)) until not n or n < 65536
	n, err = strict:recv(1)
	expect(now() - begun > 25 and now() - begun < 65, "TCP_USER_TIMEOUT ends it, with the next probe: " .. now() - begun)
	expect_equal(strict:send "x", nil)
end)

client:run(function()
	local a, b = client:connect("10.0.0.2", 80), client:connect("10.0.0.2", 80)
	sleep(7200) -- connected, and never reads
end)
