title "The accept queue fills up during a handshake: tcp_abort_on_overflow"
story [[
The last ACK of a handshake is dropped only if the accept queue filled up after the SYN had been let in. Then the client believes it is
connected while the server still retransmits its SYN-ACK, by the timer that has run since the first. With tcp_abort_on_overflow = 1 the
server answers that ACK with RST. Books say that the client cannot tell this from a closed port; it can: a closed port makes connect() fail
with ECONNREFUSED, an overflow lets connect() succeed and the next call fail with ECONNRESET.]]

local function race(abort)
	local client, server = host("client" .. abort), host("server" .. abort)
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
	local syn_acks, resets = {}, {}
	wire:filter(function(p)
		if p.flags == "S." then syn_acks[#syn_acks + 1] = now() end
		if p.flags:find "R" then resets[#resets + 1] = p.flags end
	end)
	server:sysctl("net.ipv4.tcp_abort_on_overflow", abort)
	server:run(function() server:listen(80, 1) sleep(30) end)
	local result = { syn_acks = syn_acks, resets = resets, server = server, began = now() }
	for i = 1, 3 do -- one is in the queue when two SYNs are let in; the first ACK fills it, the second finds it full
		client:run(function()
			local s = client:socket()
			if i > 1 then sleep(0.1) end
			expect(s:connect("10.0.0.2", 80), "connect() succeeds")
			sleep(0.5)
			local data, err = s:recv(1, "MSG_DONTWAIT")
			result[err] = (result[err] or 0) + 1
		end)
	end
	client:run(function()
		result.closed = select(2, client:connect("10.0.0.2", 81))
	end)
	sleep(20)
	return result
end

local silent = race(0)
expect_equal(silent.EAGAIN, 3, "clients that believe they are connected")
expect_equal(silent.server:counter "TcpExtListenOverflows", 5, "ACKs that were dropped: one for each SYN-ACK")
for i, at in ipairs { 0, 1, 3, 7, 15 } do expect_near(silent.syn_acks[i + 2] - silent.syn_acks[3], at, 0.001, "SYN-ACK " .. i) end

local abort = race(1)
expect_equal(abort.ECONNRESET, 1, "clients that were reset after connect()")
expect_equal(abort.EAGAIN, 2, "clients that are in the queue")
expect_equal(abort.closed, "ECONNREFUSED", "a closed port")
expect_equal(table.concat(abort.resets, " "), "R. R", "RSTs: with ACK of the closed port, bare of the overflow")
