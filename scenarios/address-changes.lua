title "A host gets another address while its connections live"
story [[
A phone goes from one network to another. A connection is identified by its addresses; no host has the old one now. The phone's kernel sends nothing
from an address that it no longer has, keeps what the program wrote, and tries again and again; what the server sends is lost. Neither is notified:
the server gives up after tcp_retries2, or its user timeout. If the address comes back in time, the connection continues as if nothing had happened.
Otherwise the program has to notice, with a timeout of its own, and reconnect.]]

local net, phone, server = lan "net", host "phone", host "server"
net:join(phone, "10.0.0.1/24", { delay = "10ms" }, { "10.0.0.1", "10.0.0.77" })
net:join(server, "10.0.0.2/24")
local ended = {}

server:run(function()
	local listener = server:listen(80)
	while true do
		local c, address = listener:accept()
		server:run(function()
			c:setsockopt("TCP_USER_TIMEOUT", 30000)
			while true do
				local data, err = c:recv(100)
				if not data or data == "" then
					ended[address] = err or "end"
					return
				end
				c:send(data)
			end
		end)
	end
end)

local function ask(s, word)
	local begun = now()
	s:send(word)
	s:setsockopt("SO_RCVTIMEO", 60)
	local data, err = s:recv(100)
	return data, err, now() - begun
end
local function move(from, to)
	phone:no_address(from)
	phone:address(to)
end

phone:run(function()
	local old = phone:connect("10.0.0.2", 80)
	expect_equal(ask(old, "one"), "one")

	move("10.0.0.1/24", "10.0.0.77/24")
	after(5, function() move("10.0.0.77/24", "10.0.0.1/24") end)
	local data, err, seconds = ask(old, "two")
	expect_equal(data, "two", "the address is back after five seconds")
	expect(seconds > 5 and seconds < 11, "and the next try gets through, after " .. seconds)

	move("10.0.0.1/24", "10.0.0.77/24")
	local before = phone:counter "IpOutNoRoutes"
	data, err = ask(old, "three")
	expect_equal(err, "EAGAIN", "a minute later there is no answer and no error")
	expect_equal(old:ioctl "SIOCOUTQNSD", 5, "bytes that were never sent")
	expect(phone:counter "IpOutNoRoutes" > before, "for there was no way to")
	local new = phone:connect("10.0.0.2", 80)
	expect_equal(new:getsockname(), "10.0.0.77", "a new connection has the new address")
	expect_equal(ask(new, "four"), "four")
	new:close()
end)
sleep(500)
expect_equal(ended["10.0.0.1"], "ETIMEDOUT", "the server's end of the old connection")
expect_equal(ended["10.0.0.77"], "end", "of the new one")
