title "Eight workers wait for one listener: who wakes, with and without EPOLLEXCLUSIVE"
story [[
Each worker has an epoll set with the same listener in it. For every connection all of them wake, one gets it, and seven find EAGAIN: the
thundering herd. With EPOLLEXCLUSIVE a connection wakes one. With EPOLLET alone it still wakes all. A listener for each worker with SO_REUSEPORT
wakes one as well, and each has a queue of its own. EPOLLEXCLUSIVE wakes the first waiter, so that at low load one worker gets everything;
SO_REUSEPORT distributes by a hash.]]

local workers, connections = 8, 100

local function serve(kind, ...)
	local client, server = host "client", host "server"
	link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
	local result, events = { kind = kind, wakes = 0, accepted = 0, most = 0 }, { "EPOLLIN", ... }
	local shared = kind ~= "SO_REUSEPORT" and server:listen(80)
	for i = 1, workers do
		server:run(function()
			local listener, mine = shared, 0
			if not shared then
				listener = server:socket()
				listener:setsockopt("SO_REUSEPORT", 1)
				listener:bind("0.0.0.0", 80)
				listener:listen(100)
			end
			listener:nonblock(true)
			local set = server:epoll_create()
			set:ctl("EPOLL_CTL_ADD", listener, table.unpack(events))
			while true do
				set:wait()
				sleep "10us" -- until it has a processor
				result.wakes = result.wakes + 1
				while listener:accept() do
					result.accepted, mine = result.accepted + 1, mine + 1
					result.most = math.max(result.most, mine)
				end
			end
		end)
	end
	client:run(function()
		sleep(1)
		for i = 1, connections do
			client:connect("10.0.0.2", 80)
			sleep(0.1)
		end
	end)
	return result
end

local rows = { serve("level"), serve("EPOLLET", "EPOLLET"), serve("EPOLLEXCLUSIVE", "EPOLLEXCLUSIVE"), serve "SO_REUSEPORT" }
sleep(20)
print("                 wakes of 8 workers for 100 connections, the most for one worker")
for _, r in ipairs(rows) do
	print(string.format("%-15s  %5d  %5d", r.kind, r.wakes, r.most))
	expect_equal(r.accepted, connections, r.kind .. ": connections")
end
local level, edge, exclusive, own = table.unpack(rows)
for _, r in ipairs { level, edge } do
	expect_equal(r.wakes, workers * connections, r.kind .. ": all wake for each")
end
expect_equal(exclusive.wakes, connections, "EPOLLEXCLUSIVE: one for each")
expect_equal(exclusive.most, connections, "and it is always the same")
expect_equal(own.wakes, connections, "a listener for each: one for each")
expect(own.most < connections / 2, "and they take turns: " .. own.most)
